/**
 * Programs prepared for reading, in an LRU cache that is bounded in number and in memory.
 *
 * In Node, reading has threads of its own once it has taken long enough to be worth starting them. They do not keep the process
 * alive. A page starts workers only while its thread is idle, so there reading stays on one thread.
 */

import { programWork } from "../../compiler/compilerFacts.ts"
import * as Signature from "../../compiler/Signature.ts"
import type { Program } from "../../language/Primitive.ts"
import type { NDArray } from "../../types/NDArray.ts"
import { EngineError, OutOfMemory } from "../Executable.ts"
import { makeLruCache } from "../LruCache.ts"
import { lanesOfReading, lanesSetting } from "../wasm/assembler/hostLanes.ts"
import type { Lanes } from "../wasm/assembler/lanes.ts"
import { compileJob, lanesFor } from "../wasm/compile.ts"
import { type Prepared, prepare } from "../wasm/prepare.ts"
import { nodeWorkers } from "../wasm/threads/nodeWorkers.ts"
import { makePool, type Pool, processors } from "../wasm/threads/pool.ts"
import { prepareFor } from "../wasm/widened.ts"

/** The size of an entry is the memory that it works in. */
const kept = makeLruCache<Prepared>({ count: 64, bytes: 2 ** 26 }, ({ release }) => release())

/** Reading starts threads when it has taken so many milliseconds, as long as starting them takes. */
const worthThreads = 50

/** Elementary operations that one thread does in a millisecond, about. */
const workPerMillisecond = 2 ** 25

/** The most threads: each worker takes some megabytes until the process ends. */
let maxThreads = 8

/** The time that reading has taken, and its threads if it has any. */
let spent = 0
let pool: Pool | undefined
/** Whether threads can be started: not after they have failed. */
let mayStart = true

/** Makes reading use at most so many threads from now on, since an engine of this process does. */
export const readOnAtMost = (threads: number): void => {
  if (threads >= maxThreads) return
  maxThreads = threads
  if (pool === undefined || pool.threads <= threads) return
  void pool.close()
  pool = undefined
  mayStart = true
}

const startPool = (): Pool | undefined => {
  const host = typeof SharedArrayBuffer === "function" ? nodeWorkers() : undefined
  mayStart = false
  return host && makePool(Math.min(maxThreads, processors()), undefined, host)
}

/** The threads for a program, or `undefined` while reading is not worth any. */
const threadsFor = (program: Program): Pool | undefined => {
  if (mayStart && spent + programWork(program) / workPerMillisecond >= worthThreads) pool = startPool()
  return pool
}

/** Runs a program on the threads of a pool, or on one. */
const runOn = (threads: Pool | undefined, program: Program, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
  const key = `${threads?.threads ?? 1} ${Signature.ofProgram(program)}`
  const found = kept.get(key)
  const prepareIn = (lanes: Lanes): Prepared => prepare({ program, resident: 0 }, threads, "portable", compileJob, lanes)
  const prepared = found ?? prepareFor(lanesFor(program, lanesOfReading()), prepareIn, lanesSetting() !== undefined)
  const isKept = found !== undefined || kept.put(key, prepared, prepared.bytes)
  const outputs = prepared.run(inputs)
  if (!isKept) prepared.release()
  return outputs
}

const isOutOfMemory = (error: unknown): boolean => error instanceof EngineError && error.cause instanceof OutOfMemory

/**
 * The same on any threads: on one from now on where the threads have failed. A program that is too large for the memory that threads
 * share says nothing about them; one thread needs less.
 */
const runOnAny = (program: Program, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
  const threads = threadsFor(program)
  if (threads === undefined) return runOn(undefined, program, inputs)
  try {
    return runOn(threads, program, inputs)
  } catch (error) {
    if (!isOutOfMemory(error)) {
      pool = undefined
      void threads.close()
    }
    return runOn(undefined, program, inputs)
  }
}

/** Runs a program in WebAssembly. Returns `undefined` where the host has too little memory for it. */
export const runPrepared = (program: Program, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> | undefined => {
  const started = performance.now()
  try {
    return runOnAny(program, inputs)
  } catch (error) {
    if (isOutOfMemory(error)) return undefined
    throw error
  } finally {
    spent += performance.now() - started
  }
}
