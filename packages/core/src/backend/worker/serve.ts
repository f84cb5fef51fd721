/** The WebAssembly engine inside a worker: it answers the requests of the engine outside, in order. */
import { NDArray } from "../../types/NDArray.ts"
import { type Job, keepsState } from "../Executable.ts"
import { offeredLanes } from "../wasm/assembler/hostLanes.ts"
import { offered } from "../wasm/assembler/hostNumerics.ts"
import { cachedCompile, planJob } from "../wasm/compile.ts"
import { type Prepared, runOnce } from "../wasm/prepare.ts"
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
import { lowerPriority } from "./priority.ts"
import { areShared, type Snapshots, sharedSnapshots } from "./snapshots.ts"

/** The state goes out after a call that took so many milliseconds: copying it takes little of them. */
const longRun = 20

/** The outputs of runs that are not read yet, or why a run failed. */
type Outputs = ReadonlyArray<ReadonlyArray<NDArray>> | { readonly failure: unknown }

const restoredJob = ({ program, resident }: Job): Job => ({ program: restoredProgram(program), resident })

/** A prepared program, and the copies of its state that the other side keeps. */
interface Served {
  readonly prepared: Prepared
  /** Whether runs change the state: otherwise the other side knows it already. */
  readonly keeps: boolean
  snapshots: Snapshots | undefined
}

/** The engine of some settings, as a function that answers requests. */
const makeEngine = ({ numerics: wanted, priority, threads, ...lanes }: Settings) => {
  // Before the threads of the pool start, which inherit it.
  if (priority === "low") lowerPriority()
  const numerics = offered(wanted)
  const prepareJob = preparer(numerics, lanes)
  const readCompile = cachedCompile()
  const executables = new Map<number, Served>()
  const runs = new Map<number, Outputs>()
  let pool: Pool | undefined = makePool(threads)

  const executable = (number: number): Served => {
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
      return runOnce(restoredJob(job), pool, readCompile)
    },
    prepare: async ({ executable, job }) => {
      await pool?.ready()
      const prepared = prepareJob(restoredJob(job), pool)
      executables.set(executable, { prepared, keeps: keepsState(job), snapshots: sharedSnapshots() })
    },
    load: ({ executable: number, state }) => executable(number).prepared.load(restored(state)),
    take: ({ executable: number, from }) => {
      const [to, other] = [executable(number), executable(from)]
      to.prepared.load(other.prepared.lend())
      // The other side keeps the snapshot of a state that moves: what has that state now overwrites it next.
      const { snapshots } = to
      to.snapshots = other.snapshots
      other.snapshots = snapshots
    },
    state: ({ executable: number }) => executable(number).prepared.state(),
    run: ({ executable: number, inputs, run }) => {
      try {
        const { keeps, prepared, snapshots } = executable(number)
        const started = performance.now()
        runs.set(
          run,
          inputs.map((each) => prepared.run(restored(each))),
        )
        if (keeps || performance.now() - started < longRun) return undefined
        return { state: snapshots?.(prepared.lend()) ?? prepared.state() }
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
      executables.get(number)?.prepared.release()
      executables.delete(number)
    },
  }
  return all
}

/** The storage of arrays, which moves to the receiver of a message: they are copies that nobody else has, or are shared. */
const buffersIn = (answer: unknown): ReadonlyArray<ArrayBuffer> => {
  if (Array.isArray(answer)) return answer.flatMap(buffersIn)
  if (answer instanceof NDArray) return areShared([answer]) ? [] : [answer.data.buffer as ArrayBuffer]
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
