/** The WebAssembly engine inside a worker: it answers the requests of the engine outside, in order. */
import { NDArray } from "../../types/NDArray.ts"
import type { Job } from "../Executable.ts"
import { offeredLanes } from "../wasm/assembler/hostLanes.ts"
import { offered } from "../wasm/assembler/hostNumerics.ts"
import { planJob } from "../wasm/compile.ts"
import { type Prepared, prepare } from "../wasm/prepare.ts"
import { preparer } from "../wasm/preparer.ts"
import { makePool, type Pool } from "../wasm/threads/pool.ts"
import {
  type Answers,
  type Envelope,
  type Reply,
  type Request,
  restored,
  restoredProgram,
  type Settings,
  wireError,
} from "./messages.ts"

/** The state goes out after a call that took so many milliseconds: copying it takes little of them. */
const longRun = 20

/** The outputs of runs that are not read yet, or why a run failed. */
type Outputs = ReadonlyArray<ReadonlyArray<NDArray>> | { readonly failure: unknown }

const restoredJob = ({ program, resident }: Job): Job => ({ program: restoredProgram(program), resident })

/** The engine of some settings, as a function that answers requests. */
const makeEngine = ({ numerics: wanted, threads, ...lanes }: Settings) => {
  const numerics = offered(wanted)
  const prepareJob = preparer(numerics, lanes)
  const executables = new Map<number, Prepared>()
  const runs = new Map<number, Outputs>()
  let pool: Pool | undefined = makePool(threads)

  const executable = (number: number): Prepared => {
    const found = executables.get(number)
    if (found === undefined) throw new Error("it was released with its scope")
    return found
  }
  const all: { readonly [C in Request["call"]]: (request: Extract<Request, { readonly call: C }>) => unknown } = {
    open: async () => {
      if ((await pool?.ready()) === false) pool = undefined
      return { threads: pool?.threads ?? 1, numerics, lanes: offeredLanes(lanes.lanes) }
    },
    plan: ({ job }): Answers["plan"] => {
      const { memory, plan } = planJob(restoredJob(job), { threads: 1, minSharedWork: 0 })
      return { kernels: plan.kernels.length, bytes: memory.bytes }
    },
    read: async ({ job }) => {
      await pool?.ready()
      const { release, run } = prepare(restoredJob(job), pool)
      try {
        return run([])
      } finally {
        release()
      }
    },
    prepare: async ({ executable, job }) => {
      await pool?.ready()
      executables.set(executable, prepareJob(restoredJob(job), pool))
    },
    load: ({ executable: number, state }) => executable(number).load(restored(state)),
    take: ({ executable: number, from }) => executable(number).load(executable(from).lend()),
    state: ({ executable: number }) => executable(number).state(),
    run: ({ executable: number, inputs, run }) => {
      try {
        const found = executable(number)
        const started = performance.now()
        runs.set(
          run,
          inputs.map((each) => found.run(restored(each))),
        )
        return performance.now() - started < longRun ? undefined : { state: found.state() }
      } catch (failure) {
        runs.set(run, { failure })
        throw failure
      }
    },
    outputs: ({ run }) => {
      const outputs = runs.get(run)
      runs.delete(run)
      if (outputs === undefined) throw new Error("its outputs were dropped")
      if ("failure" in outputs) throw outputs.failure
      return outputs
    },
    drop: ({ run }) => void runs.delete(run),
    release: ({ executable: number }) => {
      executables.get(number)?.release()
      executables.delete(number)
    },
  }
  return all
}

/** The storage of arrays, which moves to the receiver of a message: they are copies that nobody else has. */
const buffersIn = (answer: unknown): ReadonlyArray<ArrayBuffer> => {
  if (Array.isArray(answer)) return answer.flatMap(buffersIn)
  if (answer instanceof NDArray) return [answer.data.buffer as ArrayBuffer]
  return typeof answer === "object" && answer !== null && "state" in answer ? buffersIn(answer.state) : []
}

/** A function that takes the messages of a worker, in order, and posts their replies. */
export const serve = (
  post: (reply: Reply, transfer: ReadonlyArray<ArrayBuffer>) => void,
): ((envelope: Envelope) => Promise<void>) => {
  let engine: ReturnType<typeof makeEngine> | undefined
  const answer = ({ id, request }: Envelope): Promise<void> | void => {
    const failed = (error: unknown): void => {
      if (id !== undefined) post({ id, error: wireError(error) }, [])
    }
    const reply = (result: unknown): void => {
      if (id !== undefined) post({ id, answer: result as Answers[keyof Answers] }, buffersIn(result))
    }
    try {
      if (request.call === "open") engine = makeEngine(request)
      const result = (engine?.[request.call] as ((request: Request) => unknown) | undefined)?.(request)
      if (!(result instanceof Promise)) return reply(result)
      return result.then(reply, failed)
    } catch (error) {
      return failed(error)
    }
  }
  let last: Promise<void> = Promise.resolve()
  return (envelope) => {
    last = last.then(() => answer(envelope))
    return last
  }
}
