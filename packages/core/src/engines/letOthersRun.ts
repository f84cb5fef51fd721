/** Yields to the event loop of the host, so that other work of the process or the page has its turn. */
import * as Effect from "effect/Effect"

interface PagePort {
  onmessage: () => void
  readonly postMessage: (message: null) => void
}

/** A message of a page to itself, which arrives after the events and the drawing that are due. */
const messages = (): ((turn: () => void) => void) => {
  const turns: Array<() => void> = []
  // TypeScript knows only the types of Node here.
  const { port1, port2 } = new MessageChannel() as unknown as { readonly port1: PagePort; readonly port2: PagePort }
  port1.onmessage = () => turns.shift()?.()
  return (turn) => {
    turns.push(turn)
    port2.postMessage(null)
  }
}

/** Effect yields by a timer where there is no `setImmediate`, and browsers delay timers that start each other by 4 ms. */
const hasOnlyTimers = !("setImmediate" in globalThis) && typeof MessageChannel === "function"

let post: ReturnType<typeof messages> | undefined

/** Lets other work run. In a page it takes microseconds where a timer takes milliseconds. */
export const letOthersRun: Effect.Effect<void> = hasOnlyTimers
  ? Effect.callback((resume) => {
      post ??= messages()
      post(() => resume(Effect.void))
    })
  : Effect.yieldNow
