/**
 * The WebAssembly engine in a worker. State and outputs stay there until they are read. The worker ends with the scope; if it ends
 * before, every call that waits and every later one fails.
 *
 * A run that is aborted ends with its worker, since nothing reaches a worker that computes. So the worker sends the state after each
 * call that took long, and the next call starts another worker, which gets the programs and that state.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type EngineError, type Job, keepsState } from "../backend/Executable.ts"
import { type Answers, restored, type Settings } from "../backend/worker/messages.ts"
import { areShared } from "../backend/worker/snapshots.ts"
import { startWorker } from "../backend/worker/startWorker.ts"
import type { Tensor } from "../language/Expr.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import { Engine } from "./Engine.ts"
import type { Arrays, Executable } from "./Executable.ts"
import { readTensors } from "./readTensors.ts"
import { bytesIn, copiedAtOnce, ownCopies, type Sent, sent, sentCopies, sharedJob } from "./sentArrays.ts"
import { type Connection, connect, failed, type StartWorker } from "./workerConnection.ts"

/** Milliseconds that a worker may take to start. */
const startLimit = 30_000

/** Milliseconds that an aborted run has to end by itself. */
const patience = 15

/** Reads tensors: in the worker where that takes long. */
const readThere = (targets: ReadonlyArray<Tensor>, workers: Workers): Effect.Effect<Arrays, EngineError | ShapeError> =>
  readTensors(targets, (job) =>
    Effect.flatMap(sharedJob(job), (shared) => Effect.map(workers.present().post({ call: "read", job: shared }), restored)),
  )

/** An executable of the worker, as this side knows it. */
interface Remote {
  readonly number: number
  readonly job: Job
  /** The connection to the worker that has it. */
  connection: Connection
  /** The state before the runs that are not done, if it is known here. Its worker may share its memory and overwrite it in a later run. */
  known: Arrays | undefined
  /** How many states have been loaded: the answer of a run before the last one says nothing about the state. */
  loads: number
  /** Whether it has a state: not before the first one is loaded, nor after another executable has taken it. */
  hasState: boolean
  /** Waits for the runs that are not done; undefined if there are none. */
  running: Effect.Effect<unknown, EngineError> | undefined
  /** Waits for a state or inputs that are being copied; undefined if there are none. */
  copying?: Effect.Effect<void> | undefined
  /** Called when the runs are done. */
  onDone?: () => void
}

/** The workers of an engine, one after the other, and what is in the present one. */
interface Workers {
  /** The connection to the present worker; starts one if there is none. */
  readonly present: () => Connection
  /** Whether a worker was given up, and no other one has started since. */
  readonly hasNone: () => boolean
  readonly all: Set<Remote>
  /** The executables of the runs whose outputs nobody has read. */
  readonly unread: Map<number, Remote>
  /** Ends the present worker, unless that would lose something of another executable. Returns whether it did. */
  readonly giveUp: (remote: Remote) => boolean
  readonly close: () => Promise<void>
}

const makeWorkers = (start: StartWorker, settings: Settings, first: Connection): Workers => {
  const all = new Set<Remote>()
  const unread = new Map<number, Remote>()
  let connection = first
  let isGivenUp = false
  let isClosed = false
  return {
    all,
    unread,
    present: () => {
      if (isGivenUp && !isClosed) {
        isGivenUp = false
        connection = connect(start)
        connection.send({ call: "open", ...settings })
      }
      return connection
    },
    hasNone: () => isGivenUp,
    giveUp: (remote) => {
      const others = [...all].filter((other) => other !== remote)
      const keeps = [remote, ...others].every(({ hasState, known }) => !hasState || known !== undefined)
      const isAlone = connection.waitsOnlyFor(remote.number) && ![...unread.values()].some((owner) => owner !== remote)
      if (!keeps || !isAlone || isGivenUp) return false
      // The failure of its run takes from it what is known of its state.
      const { known } = remote
      void connection.close("the run was interrupted")
      remote.known = known
      isGivenUp = true
      unread.clear()
      return true
    },
    close: async () => {
      isClosed = true
      await connection.close("its scope was closed")
    },
  }
}

/** Whether the runs of an executable end within the patience. It may be called where nothing can be interrupted, so it is no race. */
const soonDone = (remote: Remote): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const end = (isDone: boolean) => () => {
      clearTimeout(timer)
      delete remote.onDone
      resume(Effect.succeed(isDone))
    }
    const timer = setTimeout(end(false), patience)
    remote.onDone = end(true)
  })

/** What is behind an executable of this module. */
const remotes = new WeakMap<Executable, Remote>()

const makeExecutable = (remote: Remote, { giveUp, hasNone, present, unread }: Workers, runNumber: () => number): Executable => {
  const { job, number } = remote
  const keeps = keepsState(job)
  /** The connection to the worker that has an executable: where its worker was given up, the present one gets it first. */
  const at = (of: Remote): Connection => {
    const connection = present()
    if (of.connection !== connection) {
      of.connection = connection
      connection.send({ call: "prepare", executable: of.number, job: of.job }, { owner: of.number })
      if (of.hasState && of.known !== undefined) {
        const { moved, wire } = sent(of.known)
        connection.send({ call: "load", executable: of.number, state: wire }, { owner: of.number, moved })
      }
    }
    return connection
  }
  /** Runs an effect that copies arrays in pieces; runs that come meanwhile wait for it. */
  const whileCopying = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
    const done = Deferred.makeUnsafe<void>()
    remote.copying = Deferred.await(done)
    return Effect.ensuring(
      effect,
      Effect.sync(() => {
        remote.copying = undefined
        Deferred.doneUnsafe(done, Effect.void)
      }),
    )
  }
  const load = (state: Arrays): Effect.Effect<void, EngineError> =>
    Effect.suspend(() => {
      const post = ({ moved, wire }: Sent): Effect.Effect<void, EngineError> => {
        const connection = at(remote)
        remote.known = state
        remote.loads++
        remote.hasState = true
        return connection.post({ call: "load", executable: number, state: wire }, { owner: number, moved })
      }
      // The worker copies from shared memory.
      if (bytesIn(state) <= copiedAtOnce || areShared(state)) return post(sent(state))
      return whileCopying(Effect.flatMap(sentCopies(state), post))
    })
  const take = (from: Remote): Effect.Effect<void, EngineError> =>
    Effect.suspend(() => {
      at(from)
      const connection = at(remote)
      remote.known = from.running === undefined ? from.known : undefined
      remote.loads++
      remote.hasState = true
      from.hasState = false
      return connection.post({ call: "take", executable: number, from: from.number }, { owner: number })
    })
  /** Posts runs; the effect reads their outputs. */
  const post = (all: ReadonlyArray<Sent>): Effect.Effect<ReadonlyArray<Arrays>, EngineError> => {
    const connection = at(remote)
    const run = runNumber()
    const { loads } = remote
    let isDone = false
    const answered = (answer?: Answers["run"]): void => {
      isDone = true
      remote.running = undefined
      remote.onDone?.()
      if (remote.loads !== loads) return
      if (answer !== undefined) remote.known = restored(answer.state)
      else if (!keeps) remote.known = undefined
    }
    const done = connection.post(
      { call: "run", executable: number, run, inputs: all.map(({ wire }) => wire) },
      { owner: number, answered, moved: all.flatMap(({ moved }) => moved) },
    )
    // It failed before it reached the worker: there is no worker, or an array could not be copied.
    if (isDone) return Effect.as(done, [])
    remote.running = done
    unread.set(run, remote)
    let asked: ReturnType<typeof askOutputs> | undefined
    const askOutputs = () => {
      unread.delete(run)
      return connection.post({ call: "outputs", run }, { owner: number })
    }
    const outputs = Effect.suspend(() => {
      asked ??= askOutputs()
      return Effect.map(asked, (lists) => lists.map(restored))
    })
    dropped.register(outputs, () => {
      if (unread.delete(run)) connection.tell({ call: "drop", run })
    })
    return outputs
  }
  const made: Executable = {
    load,
    take: (from) => {
      const other = remotes.get(from)
      return other === undefined ? Effect.flatMap(from.state, load) : take(other)
    },
    // One call at a time, so that a loop that reads no outputs does not fill the worker's queue.
    run: (inputs) =>
      Effect.suspend(() => {
        if (remote.copying !== undefined) return Effect.andThen(remote.copying, made.run(inputs))
        const posted = (all: ReadonlyArray<Sent>) => {
          const now = Effect.sync(() => post(all))
          return remote.running === undefined ? now : Effect.andThen(Effect.exit(remote.running), now)
        }
        const cloned = inputs.filter((arrays) => !areShared(arrays))
        return cloned.reduce((sum, arrays) => sum + bytesIn(arrays), 0) <= copiedAtOnce
          ? Effect.suspend(() => posted(inputs.map(sent)))
          : Effect.flatMap(whileCopying(Effect.forEach(inputs, sentCopies)), posted)
      }),
    state: Effect.suspend(() => {
      const known = remote.running === undefined && remote.hasState ? remote.known : undefined
      if (known !== undefined && !areShared(known)) return Effect.succeed(known)
      // The copy that its worker makes takes no time of this thread.
      if (known !== undefined && hasNone()) return ownCopies(known)
      return Effect.map(at(remote).post({ call: "state", executable: number }, { owner: number }), restored)
    }),
    abort: Effect.suspend(() => {
      const { running } = remote
      if (running === undefined) return Effect.succeed(false)
      return Effect.flatMap(soonDone(remote), (isDone) =>
        isDone ? Effect.succeed(false) : giveUp(remote) ? Effect.succeed(true) : Effect.as(Effect.exit(running), false),
      )
    }),
  }
  remotes.set(made, remote)
  return made
}

/** Outputs that can no longer be read are dropped in the worker. */
const dropped = new FinalizationRegistry((drop: () => void) => drop())

/** The engine in a worker with these settings. Fails where the host refuses a worker. */
export const workerEngine = (settings: Settings): Effect.Effect<Engine["Service"], EngineError, Scope.Scope> =>
  // Loaded now, so that who needs no worker does not load its program.
  Effect.tryPromise({
    try: () => import("../backend/worker/workerProgram.ts"),
    catch: (error) => failed("open", error),
  }).pipe(Effect.flatMap(({ workerProgram }) => engineOver(settings, (listener) => startWorker(workerProgram, listener))))

/** The engine in a worker that is started so. Fails where the worker does not start. */
export const engineOver = (settings: Settings, start: StartWorker): Effect.Effect<Engine["Service"], EngineError, Scope.Scope> =>
  Effect.gen(function* () {
    const workers = yield* Effect.acquireRelease(
      Effect.sync(() => makeWorkers(start, settings, connect(start))),
      ({ close }) => Effect.promise(close),
    )
    const { lanes, numerics, threads } = yield* Effect.suspend(() => workers.present().post({ call: "open", ...settings })).pipe(
      Effect.timeoutOrElse({
        duration: startLimit,
        orElse: () => Effect.fail(failed("open", `it has not started for ${startLimit / 1000} s`)),
      }),
    )
    let executables = 0
    let runs = 0
    const release = (remote: Remote): Effect.Effect<void> =>
      Effect.sync(() => {
        workers.all.delete(remote)
        remote.connection.tell({ call: "release", executable: remote.number })
      })
    return Engine.of({
      name: "wasm",
      numerics,
      lanes,
      threads,
      plan: (job) => Effect.suspend(() => workers.present().post({ call: "plan", job })),
      prepare: (job) =>
        Effect.acquireRelease(
          Effect.flatMap(sharedJob(job), (sent) => {
            const number = executables++
            const connection = workers.present()
            const remote: Remote = { number, job, connection, known: undefined, loads: 0, hasState: false, running: undefined }
            const prepared = connection.post({ call: "prepare", executable: number, job: sent }, { owner: number })
            return Effect.onInterrupt(
              Effect.map(prepared, () => {
                workers.all.add(remote)
                return remote
              }),
              () => release(remote),
            )
          }),
          release,
          { interruptible: true },
        ).pipe(Effect.map((remote) => makeExecutable(remote, workers, () => runs++))),
      read: (targets) => readThere(targets, workers),
    })
  })
