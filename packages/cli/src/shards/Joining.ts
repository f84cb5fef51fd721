/** A worker of a run in another process: it joins over a socket and computes until the run ends. */
import * as Remote from "@adjoint/core/engines/Remote"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as RpcClient from "effect/rpc/RpcClient"
import type { RpcClientError } from "effect/rpc/RpcClientError"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { SocketError } from "effect/socket/Socket"
import { JoinFailed } from "../report/Failure.ts"
import { type Address, print } from "./Address.ts"
import { serialization } from "./Frames.ts"
import { answerOf, decodeCall } from "./Messages.ts"
import { type Answer, Protocol, Rejected, release } from "./Protocol.ts"

/** How a worker computes, and for whom. */
export interface Joining {
  readonly address: Address
  readonly token: string
  readonly threads: number
  readonly lanes: 128 | 256
  readonly isAsked: boolean
}

/** What the run that a worker has joined may send: all that it needs. */
const limits = { text: 2 ** 20, bytes: 2 ** 32 - 1 }

/** What ended a connection, or why there is none. */
const broken = (address: Address, { message, reason }: RpcClientError | SocketError): string => {
  const cause = "cause" in reason && reason.cause instanceof Error ? reason.cause.message : message
  return reason._tag === "SocketOpenError"
    ? `cannot connect to ${print(address)}: ${cause}`
    : `the connection to ${print(address)} has ended: ${cause}`
}

/** Computes for the run at an address until that ends. Fails where there is no run, or it ends otherwise. */
export const join = ({ address, isAsked, lanes, threads, token }: Joining): Effect.Effect<void, JoinFailed> =>
  Effect.gen(function* () {
    const client = yield* RpcClient.make(Protocol)
    const answers = yield* Queue.make<Answer>()
    const calls = new Map<number, Remote.Request["call"]>()
    const receive = Remote.serve((reply) => {
      const call = calls.get(reply.id)
      calls.delete(reply.id)
      if (call !== undefined) Queue.offerUnsafe(answers, answerOf(call, reply))
    })
    const compute = (bytes: Uint8Array): void => {
      const { id, request } = decodeCall(bytes)
      if (id !== undefined) calls.set(id, request.call)
      const own = request.call === "open" ? { ...request, threads, lanes, isAsked } : request
      void receive({ ...(id === undefined ? {} : { id }), request: own })
    }
    yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(answers), (answer) => client.Reply(answer))))
    // A run that ends interrupts a worker that does not take its last message in time; that is no interruption of this process.
    yield* Stream.runForEach(client.Join({ release: release(), token }), (bytes) => Effect.sync(() => compute(bytes))).pipe(
      Effect.catchCauseIf(Cause.hasInterruptsOnly, () => Effect.void),
    )
  }).pipe(
    Effect.scoped,
    Effect.provide(
      RpcClient.layerProtocolSocket({
        pingInterval: "10 seconds",
        pingTimeout: "60 seconds",
        // The run may be about to start.
        retryTransientErrors: true,
        retryPolicy: Schedule.max([Schedule.spaced("250 millis"), Schedule.recurs(120)]),
      }).pipe(
        Layer.provide(NodeSocket.layerNet({ host: address.host, port: address.port, noDelay: true, openTimeout: "10 seconds" })),
        Layer.provide(
          Layer.succeed(
            RpcSerialization.RpcSerialization,
            serialization(() => ({ limits: () => limits })),
          ),
        ),
      ),
    ),
    Effect.mapError((error) =>
      error instanceof Rejected
        ? new JoinFailed({
            message: `${print(address)} refuses this worker: ${error.message}`,
            hint: "the same version and ADJOINT_TOKEN",
          })
        : new JoinFailed({
            message: broken(address, error),
            hint: "adjoint train model.yaml --listen HOST:PORT starts a run that workers can join",
          }),
    ),
  )
