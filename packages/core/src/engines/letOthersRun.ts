/**
 * Turns of the event loop of the host: long work yields, so that other work of the process or the page has its turn. All fibers share
 * the turns of their thread: those that wait resume one after the other, and when some milliseconds have passed, the others resume
 * after the next turn. So ten runs at once keep the loop no longer than one.
 */
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"

interface PagePort {
  onmessage: () => void
  readonly postMessage: (message: null) => void
}

/** A message of a page to itself, which arrives after the events and the drawing that are due. */
const byMessages = (then: () => void): (() => void) => {
  // TypeScript knows only the types of Node here.
  const { port1, port2 } = new MessageChannel() as unknown as { readonly port1: PagePort; readonly port2: PagePort }
  port1.onmessage = then
  return () => port2.postMessage(null)
}

/** Calls a function after the events that are due. Browsers delay timers that start each other by 4 ms. */
const afterEvents = (then: () => void): (() => void) => {
  if ("setImmediate" in globalThis) return () => void globalThis.setImmediate(then)
  return typeof MessageChannel === "function" ? byMessages(then) : () => void setTimeout(then, 0)
}

/** Milliseconds after which others have a turn. */
const turnMilliseconds = 3

/** When the current turn began, as far as it is known: the work of others since then counts too. */
let since = performance.now()

/** How long the current turn has lasted, in milliseconds; that of a thread that waited since is too long. */
export const sinceTurn = (): number => performance.now() - since

/** Whether others are to have a turn. */
export const isDue = (): boolean => sinceTurn() >= turnMilliseconds

/** What resumes the fibers that wait, in their order. */
const waiting: Array<() => void> = []

const resumeSome = (): void => {
  since = performance.now()
  // Those that begin to wait now want others to run first.
  let left = waiting.length
  do waiting.shift()?.()
  while (--left > 0 && !isDue())
  isScheduled = false
  if (waiting.length > 0) schedule()
}

let isScheduled = false
let next: (() => void) | undefined

const schedule = (): void => {
  isScheduled = true
  next ??= afterEvents(resumeSome)
  next()
}

/**
 * Lets other work run. In a page it takes microseconds where a timer takes milliseconds. `Effect.runSync` keeps the thread until its
 * end: nobody else can run, and the next turn begins at once.
 */
export const letOthersRun: Effect.Effect<void> = Effect.flatMap(Scheduler.Scheduler, ({ executionMode }) =>
  Effect.callback((resume) => {
    const go = (): void => resume(Effect.void)
    if (executionMode === "sync") {
      since = performance.now()
      go()
    } else {
      waiting.push(go)
      if (!isScheduled) schedule()
    }
  }),
)

/** Lets others run if they have not for some milliseconds. */
export const takeTurn: Effect.Effect<void> = Effect.suspend(() => (isDue() ? letOthersRun : Effect.void))
