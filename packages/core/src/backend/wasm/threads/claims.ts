/**
 * How threads share a run. A run is a list of phases; a phase is divided into parts, and threads claim parts until none is left.
 * Whoever completes the last part of a phase opens the next one. So no thread waits for another one unless that has claimed
 * a part and not completed it: one that the system has taken off its core, or that joins late, delays nothing else.
 *
 * Parts are dealt into shares, one for each thread, which claims those of its own share first: so it finds in its cache what it
 * wrote in the phase before. Then it claims parts of the other shares.
 *
 * A share's ticket is one word of 64 bits: the run, the phase and the number of parts that are left. A claim exchanges it for
 * the ticket with one part less, so a thread that comes late, even to memory that now belongs to another program, claims nothing
 * of any other run.
 */
import { inPieces, type Pieces } from "../../../types/Pieces.ts"
import type { Assembler } from "../assembler/Assembler.ts"
import type { Code } from "../assembler/Code.ts"
import { call, type Func } from "../assembler/Func.ts"
import { atomic, type I32, i32, i64 } from "../assembler/Value.ts"

/** Bytes of a cache line: what threads often write does not share one with anything else. */
const line = 64

/**
 * Bytes of the words that threads share in a program's memory: a line of their own for the counts, for each ticket, and for what
 * each thread notes for itself.
 */
export const syncBytes = (threads: number): number => line * (2 + 2 * threads)

/** Offset, from the beginning of these words, of the word that a failing thread sets. */
export const failedOffset = 8

/** The number of phases that were opened, on which waiting threads sleep, and how many of them do. */
const openedOffset = 0
const sleepersOffset = 4
/** The number of the phase before which the run ends. */
const limitOffset = 12
/** Parts of the phase that are not complete. */
const incompleteOffset = line
const ticketsOffset = 2 * line

/** A ticket: 32 bits for the run, 24 for the phase, one for whether only the first thread may claim, seven for the parts left. */
const phaseShift = 8
const firstOnly = 2 ** 7

/** The most parts of a share. */
export const mostParts = firstOnly - 1

/** How often a waiting thread looks for a new phase before it sleeps, and for how many nanoseconds it then sleeps at most. */
const spins = 20_000
const nap = 1_000_000n

/** A waiting thread checks that all threads are alive once in this many sleeps, or looks. */
const watchInterval = 128

/** What waiting threads import from the host. */
export interface Waiting {
  /** Whether the thread may sleep: 1, or 0 where it may only spin. */
  readonly sleeps: I32
  /** Called at intervals by a thread that waits long, with the number of phases opened so far; throws when a thread has died. */
  readonly watch: Func<["i32"]>
}

/** Adds the imports, before the module has functions of its own. */
export const importWaiting = (module: Assembler): Waiting => ({
  sleeps: module.importGlobal("engine", "sleeps", "i32"),
  watch: module.importFunction("engine", "watch", { params: ["i32"] }),
})

/** A phase of a run. Its parts may be computed in any order and by any threads. */
export interface Phase {
  /** How many shares have parts, at most one for each thread, and how many parts each of them has. */
  readonly shares: number
  readonly parts: number
  /** Whether only the first thread may compute it. */
  readonly byFirst: boolean
  /** Writes the code of a part; `isFirst` is whether the thread has computed no other part of the phase. */
  readonly emit: (code: Code, part: I32, thread: I32, isFirst: I32) => void
}

/** Where the shared words are, and who uses them. */
export interface Shared {
  readonly at: number
  readonly threads: number
  readonly waiting: Waiting
  /** Code for the moments at which the system may take a thread off its core: tests let threads sleep there. */
  readonly interrupt?: ((code: Code) => void) | undefined
}

/**
 * The function that opens a phase: parts of so many shares, and the low half of their tickets. The ticket of the first share comes
 * last: before that the phase cannot be completed, and the run is not over, so nobody else opens a phase.
 */
const emitOpen = (module: Assembler, { at, interrupt, threads }: Shared) =>
  module.func("open", { params: ["i32", "i32", "i32", "i32"] }, (code, [run, low, shares, incomplete]) => {
    code.atomic.store(i32.const(at + incompleteOffset), incomplete)
    const ticket = code.let(i64.or(i64.shl(i64.extend_i32_u(run), 32n), i64.extend_i32_u(low)))
    const none = code.let(i64.and(ticket, i64.const(~BigInt(mostParts))))
    code.for(0, threads, 1, (i) => {
      interrupt?.(code)
      const share = code.let(i32.sub(threads - 1, i))
      const address = code.let(i32.add(i32.mul(share, line), at + ticketsOffset))
      code.if(
        i32.lt_s(share, shares),
        () => code.atomic.store64(address, ticket),
        () => code.atomic.store64(address, none),
      )
    })
    code.drop(atomic.add(i32.const(at + openedOffset), 1))
    interrupt?.(code)
    code.if(atomic.load(i32.const(at + sleepersOffset)), () => code.drop(atomic.notify(i32.const(at + openedOffset), threads)))
  })

/**
 * The function that claims a part for a thread, and waits for the next phase where none is left: a thread spins first, and
 * sleeps where it takes long. Its result is the phase, the share and the number of the part from the share's end; or -1 when the
 * run is over. It traps where another thread has failed, since that one will not complete its part. A thread that has died cannot
 * report it; the host's `watch` throws then.
 */
const emitClaim = (module: Assembler, { at, interrupt, threads, waiting: { sleeps, watch } }: Shared, phases: number) =>
  module.func("claim", { params: ["i32", "i32"], result: "i64" }, (code, [thread, run]) => {
    const looked = code.let(i32.const(0))
    const found = code.let(i64.const(-1n))
    const opened = i32.const(at + openedOffset)
    code.block((done) => {
      code.loop((again) => {
        const seen = code.let(atomic.load(opened))
        const share = code.let(thread)
        code.for(0, threads, 1, () => {
          const address = code.let(i32.add(i32.mul(share, line), at + ticketsOffset))
          code.loop((retry) => {
            const ticket = code.let(atomic.load64(address))
            const low = code.let(i32.wrap_i64(ticket))
            const phase = code.let(i32.shr_u(low, phaseShift))
            code.brIf(done, i32.ne(i32.wrap_i64(i64.shr_u(ticket, 32n)), run))
            code.brIf(done, i32.and(i32.eqz(share), i32.eq(phase, phases)))
            const isOpen = i32.and(i32.ne(i32.and(low, mostParts), 0), i32.or(i32.eqz(thread), i32.eqz(i32.and(low, firstOnly))))
            code.if(isOpen, () => {
              interrupt?.(code)
              const before = atomic.compareExchange64(address, ticket, i64.sub(ticket, 1n))
              code.brIf(retry, i64.ne(before, ticket))
              const part = i32.or(i32.shl(share, phaseShift), i32.and(low, mostParts))
              code.set(found, i64.or(i64.shl(i64.extend_i32_u(phase), 32n), i64.extend_i32_u(part)))
              code.br(done)
            })
          })
          code.set(share, i32.add(share, 1))
          code.if(i32.eq(share, threads), () => code.set(share, 0))
        })
        code.loop((still) => {
          code.brIf(again, i32.ne(atomic.load(opened), seen))
          code.if(i32.ne(atomic.load(i32.const(at + failedOffset)), 0), () => code.unreachable())
          code.set(looked, i32.add(looked, 1))
          code.if(i32.gt_u(looked, spins), () => {
            code.if(sleeps, () => {
              code.drop(atomic.add(i32.const(at + sleepersOffset), 1))
              code.drop(atomic.wait(opened, seen, i64.const(nap)))
              code.drop(atomic.sub(i32.const(at + sleepersOffset), 1))
            })
            code.if(i32.eqz(i32.rem_u(looked, watchInterval)), () => code.call(watch, seen))
          })
          code.br(still)
        })
      })
    })
    return found
  })

/** Small functions that are written between two turns of others. */
const functionsOfPiece = 16

/** The function of a part: its phase, its share and number as claimed, the thread and the run. */
type PartFunction = Func<readonly ["i32", "i32", "i32", "i32"], undefined>

/** Cases of one switch; more are divided among functions, so that neither blocks nor calls nest deeply. */
const mostCases = 64

/** Whether a thread has computed no other part of the phase: it notes the phase of its last part. */
const notes = (code: Code, { at, threads }: Shared, phase: number, thread: I32, run: I32): I32 => {
  const note = code.let(i32.add(i32.mul(thread, line), at + ticketsOffset + line * threads))
  const now = code.let(i64.or(i64.shl(i64.extend_i32_u(run), 32n), i64.const(BigInt(phase))))
  const isFirst = code.let(i64.ne(i64.load(note), now))
  code.i64.store(note, now)
  return isFirst
}

/** One function that calls the one of the phase. */
const dispatch = (module: Assembler, functions: ReadonlyArray<PartFunction>, stride = 1): PartFunction => {
  const [only, ...others] = functions
  if (only !== undefined && others.length === 0) return only
  const groups = Array.from({ length: Math.ceil(functions.length / mostCases) }, (_, group) => {
    const own = functions.slice(group * mostCases, (group + 1) * mostCases)
    return module.func("parts", { params: ["i32", "i32", "i32", "i32"] }, (code, [phase, part, thread, run]) =>
      code.switch(
        i32.rem_u(i32.div_u(phase, stride), mostCases),
        own.map((func) => () => code.call(func, phase, part, thread, run)),
      ),
    )
  })
  return dispatch(module, groups, stride * mostCases)
}

/**
 * Adds `begin`, by which the first thread opens the first phase of a run with this number, and `run`, by which each thread takes
 * part in it: it returns when the run is over. The numbers of runs that follow each other in a memory differ. A run in which the
 * first thread takes part alone is `alone`, which claims nothing. `ends` are the phases before which segments end: a run of one
 * segment begins with `begin 0` and so on, or is `alone 0`.
 */
export const emitRun = inPieces(function* (
  module: Assembler,
  shared: Shared,
  phases: ReadonlyArray<Phase>,
  ends: ReadonlyArray<number> = [phases.length],
): Pieces<void> {
  const { at, interrupt } = shared
  const limit = i32.const(at + limitOffset)
  const open = emitOpen(module, shared)
  const claim = emitClaim(module, shared, phases.length)
  const openPhase = (code: Code, run: I32, index: number): void => {
    const { byFirst = false, parts = 0, shares = 0 } = phases[index] ?? {}
    code.call(open, run, index * 2 ** phaseShift + (byFirst ? firstOnly : 0) + parts, shares, shares * parts)
  }
  const begin = (name: string, first: number, end: number): void =>
    void module.func(name, { params: ["i32"], export: true }, (code, [run]) => {
      code.atomic.store(limit, end)
      // A segment without phases is over when it begins.
      openPhase(code, run, first === end ? phases.length : first)
    })
  begin("begin", 0, phases.length)
  const segments = ends.length > 1 ? ends.map((end, i) => ({ first: ends[i - 1] ?? 0, end })) : []
  for (const [i, { end, first }] of segments.entries()) {
    begin(`begin ${i}`, first, end)
    if (i % functionsOfPiece === 0) yield
  }
  /** Opens the phase that comes next in the run, or ends it. */
  const openNext = (code: Code, run: I32, next: number): void => {
    if (next === phases.length || !ends.includes(next)) openPhase(code, run, next)
    else
      code.if(
        i32.eq(atomic.load(limit), next),
        () => openPhase(code, run, phases.length),
        () => openPhase(code, run, next),
      )
  }
  const functions: Array<PartFunction> = []
  for (const [index, phase] of phases.entries()) {
    const func = module.func(`part of ${index}`, { params: ["i32", "i32", "i32", "i32"] }, (code, [_, part, thread, run]) => {
      const share = i32.shr_u(part, phaseShift)
      const own = i32.sub(phase.parts, i32.and(part, mostParts))
      interrupt?.(code)
      const isFirst = phase.parts > 1 ? notes(code, shared, index, thread, run) : i32.const(1)
      phase.emit(code, code.let(i32.add(i32.mul(share, phase.parts), own)), thread, isFirst)
      interrupt?.(code)
      code.if(i32.eq(atomic.sub(i32.const(at + incompleteOffset), 1), 1), () => openNext(code, run, index + 1))
    })
    functions.push(func)
    if (index % functionsOfPiece === 0) yield
  }
  const alone = (name: string, own: ReadonlyArray<Phase>) =>
    module.func(name, { export: true }, (code) => {
      for (const { emit, parts, shares } of own)
        code.for(0, shares * parts, 1, (part) => emit(code, part, i32.const(0), i32.eqz(part)))
    })
  const alones: Array<Func> = []
  for (const [i, { end, first }] of segments.entries()) {
    alones.push(alone(`alone ${i}`, phases.slice(first, end)))
    if (i % functionsOfPiece === 0) yield
  }
  if (alones.length === 0) alone("alone", phases)
  else
    module.func("alone", { export: true }, (code) => {
      for (const each of alones) code.call(each)
    })
  const compute = phases.length === 0 ? undefined : dispatch(module, functions)
  module.func("run", { params: ["i32", "i32"], export: true }, (code, [thread, run]) => {
    code.loop((again) => {
      const claimed = code.let(call(claim, thread, run))
      if (compute !== undefined)
        code.if(i64.ne(claimed, -1n), () => {
          code.call(compute, i32.wrap_i64(i64.shr_u(claimed, 32n)), i32.wrap_i64(claimed), thread, run)
          code.br(again)
        })
    })
  })
})
