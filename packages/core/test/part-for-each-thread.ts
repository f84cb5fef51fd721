/** Code for tests of threads, in Node and in a page, in whose place each thread of a program computes one part. */
import { Assembler } from "../src/backend/wasm/assembler/Assembler.ts"
import type { Code } from "../src/backend/wasm/assembler/Code.ts"
import { atomic, type I32, i32 } from "../src/backend/wasm/assembler/Value.ts"
import { compile } from "../src/backend/wasm/assembler/webAssembly.ts"
import { type Compile, type Compiled, compileJob } from "../src/backend/wasm/compile.ts"
import { emitRun, failedOffset, importWaiting } from "../src/backend/wasm/threads/claims.ts"

/** Each thread computes one part, which it does not begin before all others have claimed theirs. */
export const together =
  (body: (code: Code, thread: I32, compiled: Compiled) => void): Compile =>
  (wanted, options) => {
    const compiled = compileJob(wanted, options)
    const { failed, threads } = compiled
    const module = new Assembler()
    module.importMemory("engine", "memory", { initial: Math.ceil(compiled.bytes / 65536), maximum: 65536, shared: true })
    const waiting = importWaiting(module)
    // The number of threads that have come, in a word that nobody else uses.
    const arrived = i32.const(failed + 8)
    emitRun(module, { at: failed - failedOffset, threads, waiting }, [
      {
        shares: threads,
        parts: 1,
        byFirst: false,
        emit: (code, _, thread) => {
          code.drop(atomic.add(arrived, 1))
          code.loop((again) => code.brIf(again, i32.lt_s(atomic.load(arrived), threads)))
          body(code, thread, compiled)
        },
      },
    ])
    return { ...compiled, module: compile(module.bytes()) }
  }

/** Code in which one thread traps. */
export const trapping = (which: number): Compile =>
  together((code, thread) => code.if(i32.eq(thread, which), () => code.unreachable()))
