/** Where threads wait for each other: nobody goes on before all have come. */
import type { Assembler } from "../assembler/Assembler.ts"
import type { Func } from "../assembler/Code.ts"
import { atomic, type I32, i32, i64 } from "../assembler/Value.ts"

/** Bytes of memory a barrier keeps: how many have come, how often all have, and whether one has failed. */
export const syncBytes = 64

/** Where, from the barrier's own place on, a thread that cannot go on says so. */
export const failedOffset = 8

const came = 0
const round = 4

/** Looks at the round before a waiting thread sleeps, for at most so many nanoseconds a time. */
const spins = 20_000
const nap = 1_000_000n

/** Asks the host whether all are still there once in so many naps, or looks where there are none. */
const often = 128

/** What a barrier has of the host. */
export interface Waiting {
  /** Whether the thread may sleep: 1, or 0 where it may only look. */
  readonly sleeps: I32
  /** Is called with the round now and then by a thread that waits long. */
  readonly watch: Func<["i32"]>
}

/** Imports it, before the module has functions of its own. */
export const importWaiting = (module: Assembler): Waiting => ({
  sleeps: module.importGlobal("engine", "sleeps", "i32"),
  watch: module.importFunction("engine", "watch", { params: ["i32"] }),
})

/**
 * Adds the barrier's function. The last to come opens the next round; the others watch for it, and sleep where it takes
 * long. Traps where another thread has failed, since it would not come any more. A thread that has died cannot say so:
 * `watch` is the host's, and throws when one has.
 */
export const emitBarrier = (module: Assembler, at: number, threads: number, { sleeps, watch }: Waiting): Func<[]> =>
  module.func("barrier", {}, (code) => {
    const now = code.let(atomic.load(i32.const(at + round)))
    const before = code.let(atomic.add(i32.const(at + came), 1))
    code.if(
      i32.eq(before, threads - 1),
      () => {
        code.atomic.store(i32.const(at + came), 0)
        code.atomic.store(i32.const(at + round), i32.add(now, 1))
        code.drop(atomic.notify(i32.const(at + round), threads))
      },
      () => {
        const looked = code.let(i32.const(0))
        code.block((open) => {
          code.loop((again) => {
            code.brIf(open, i32.ne(atomic.load(i32.const(at + round)), now))
            code.if(i32.ne(atomic.load(i32.const(at + failedOffset)), 0), () => code.unreachable())
            code.set(looked, i32.add(looked, 1))
            code.if(i32.gt_u(looked, spins), () => {
              code.if(sleeps, () => code.drop(atomic.wait(i32.const(at + round), now, i64.const(nap))))
              code.if(i32.eqz(i32.rem_u(looked, often)), () => code.call(watch, now))
            })
            code.br(again)
          })
        })
      },
    )
  })
