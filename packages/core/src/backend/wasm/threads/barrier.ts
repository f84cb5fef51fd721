/** The barrier between kernels: no thread continues before all have arrived. */
import type { Assembler } from "../assembler/Assembler.ts"
import type { Func } from "../assembler/Func.ts"
import { atomic, type I32, i32, i64 } from "../assembler/Value.ts"

/** Bytes of a barrier: how many threads have arrived, how many rounds are complete, and whether a thread has failed. */
export const syncBytes = 64

/** Offset, from the barrier's address, of the word that a failing thread sets. */
export const failedOffset = 8

const arrivedOffset = 0
const roundOffset = 4

/** How often a waiting thread reads the round before it sleeps, and for how many nanoseconds it then sleeps at most. */
const spins = 20_000
const nap = 1_000_000n

/** A waiting thread checks that all threads are alive once in this many sleeps, or reads. */
const watchInterval = 128

/** What a barrier imports from the host. */
export interface Waiting {
  /** Whether the thread may sleep: 1, or 0 where it may only spin. */
  readonly sleeps: I32
  /** Called with the round at intervals by a thread that waits long; throws when a thread has died. */
  readonly watch: Func<["i32"]>
}

/** Adds the imports, before the module has functions of its own. */
export const importWaiting = (module: Assembler): Waiting => ({
  sleeps: module.importGlobal("engine", "sleeps", "i32"),
  watch: module.importFunction("engine", "watch", { params: ["i32"] }),
})

/**
 * Adds the barrier's function. The last thread to arrive opens the next round; the others spin until then, and sleep where it
 * takes long. It traps where another thread has failed, since that one will not arrive. A thread that has died cannot report
 * it; the host's `watch` throws then.
 */
export const emitBarrier = (module: Assembler, at: number, threads: number, { sleeps, watch }: Waiting): Func<[]> =>
  module.func("barrier", {}, (code) => {
    const now = code.let(atomic.load(i32.const(at + roundOffset)))
    const before = code.let(atomic.add(i32.const(at + arrivedOffset), 1))
    code.if(
      i32.eq(before, threads - 1),
      () => {
        code.atomic.store(i32.const(at + arrivedOffset), 0)
        code.atomic.store(i32.const(at + roundOffset), i32.add(now, 1))
        code.drop(atomic.notify(i32.const(at + roundOffset), threads))
      },
      () => {
        const looked = code.let(i32.const(0))
        code.block((open) => {
          code.loop((again) => {
            code.brIf(open, i32.ne(atomic.load(i32.const(at + roundOffset)), now))
            code.if(i32.ne(atomic.load(i32.const(at + failedOffset)), 0), () => code.unreachable())
            code.set(looked, i32.add(looked, 1))
            code.if(i32.gt_u(looked, spins), () => {
              code.if(sleeps, () => code.drop(atomic.wait(i32.const(at + roundOffset), now, i64.const(nap))))
              code.if(i32.eqz(i32.rem_u(looked, watchInterval)), () => code.call(watch, now))
            })
            code.br(again)
          })
        })
      },
    )
  })
