/** A worker in another process, as the process of the run has it: calls go out as bytes, and what comes back is checked against them. */
import type { Envelope, Request, StartWorker, WorkerListener } from "@adjoint/core/engines/Remote"
import type { Spec } from "@adjoint/core/types/ShapeError"
import { type Expected, encodeCall, outputsOf, replyOf, sizeOf } from "./Messages.ts"
import type { Answer } from "./Protocol.ts"

/** A call that has no answer yet. */
interface Asked {
  readonly call: Request["call"]
  readonly expected: Expected
}

export interface Member {
  /** Starts it as the worker of an engine, once. */
  readonly start: StartWorker
  /** Takes an answer. One that does not fit its call ends the member. */
  readonly receive: (answer: Answer) => void
  /** The most bytes of arrays that one of its answers may have. */
  readonly limit: () => number
  /** Ends it: the calls that wait and all later ones fail. */
  readonly end: (reason: string) => void
}

/** A member whose calls `send` posts; `ended` is called once it has ended. */
export const makeMember = (send: (bytes: Uint8Array) => void, ended: (reason: string) => void): Member => {
  const asked = new Map<number, Asked>()
  /** The specs of what programs give, and of their states, by the numbers of executables. */
  const outputs = new Map<number, { readonly state: ReadonlyArray<Spec>; readonly others: ReadonlyArray<Spec> }>()
  const runs = new Map<number, Expected>()
  let listener: WorkerListener | undefined
  let hasEnded = false

  /** The arrays that a call is to answer with. */
  const expectedOf = (request: Request): Expected => {
    switch (request.call) {
      case "prepare": {
        const { program, resident } = request.job
        const all = outputsOf(program)
        outputs.set(request.executable, { state: all.slice(0, resident), others: all.slice(resident) })
        return []
      }
      case "read":
        return [outputsOf(request.job.program)]
      case "state":
        return [outputs.get(request.executable)?.state ?? []]
      case "run":
        runs.set(
          request.run,
          request.inputs.map(() => outputs.get(request.executable)?.others ?? []),
        )
        return []
      case "outputs": {
        const expected = runs.get(request.run) ?? []
        runs.delete(request.run)
        return expected
      }
      case "drop":
        runs.delete(request.run)
        return []
      case "release":
        outputs.delete(request.executable)
        return []
      default:
        return []
    }
  }

  const end = (reason: string): void => {
    if (hasEnded) return
    hasEnded = true
    listener?.ended(reason)
    ended(reason)
  }

  return {
    start: (to) => {
      if (listener !== undefined || hasEnded) throw new Error("the worker has left")
      listener = to
      return {
        post: (envelope: Envelope) => {
          const { id, request } = envelope
          const expected = expectedOf(request)
          if (id !== undefined) asked.set(id, { call: request.call, expected })
          if (!hasEnded) send(encodeCall(envelope))
        },
        setAwaited: () => {},
        terminate: async () => end("the run has ended"),
      }
    },
    receive: (answer) => {
      const own = asked.get(answer.id)
      asked.delete(answer.id)
      if (own === undefined) return end("it answered what it was not asked")
      try {
        listener?.receive(replyOf(own.call, answer, own.expected))
      } catch (error) {
        end(error instanceof Error ? error.message : String(error))
      }
    },
    limit: () => Math.max(0, ...[...asked.values()].map(({ expected }) => sizeOf(expected))),
    end,
  }
}
