/** Workers in other processes, which join the process of a run over a socket while it trains. */

import type { Engine, EngineError } from "@adjoint/core/engines/Engine"
import * as Remote from "@adjoint/core/engines/Remote"
import type { Serve, Workers } from "@adjoint/core/training/Shards"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SocketServer from "effect/socket/SocketServer"
import { UsageError } from "../report/Failure.ts"
import { type Address, isSame, print, reachable } from "./Address.ts"
import { BrokenFrame, type Limits, serialization } from "./Frames.ts"
import { type Member, makeMember } from "./Member.ts"
import { Protocol, Rejected, release } from "./Protocol.ts"

/** What a process that has not joined may send, and the text of any message. */
const strangers: Limits = { text: 2 ** 14, bytes: 0 }

/** After how many milliseconds a connection is closed. */
export interface Patience {
  /** Without a byte in either direction. A worker that has joined sends a ping every ten seconds. */
  readonly silence: number
  /** Without a valid request to join. */
  readonly greeting: number
}

const usual: Patience = { silence: 60_000, greeting: 10_000 }

/** A server whose silent connections are closed: the other end of some is gone, and no packet says so. */
const closingSilent = (
  server: SocketServer.SocketServer["Service"],
  milliseconds: number,
): SocketServer.SocketServer["Service"] => ({
  ...server,
  run: (handler) =>
    server.run((socket) =>
      Effect.andThen(
        Effect.map(Effect.serviceOption(NodeSocket.NetSocket), (connection) => {
          if (connection._tag === "None") return
          const { value } = connection
          value.setTimeout(milliseconds, () => value.destroy())
        }),
        handler(socket),
      ),
    ),
})

/** What is listened on, and how the workers compute. */
export interface Listening {
  readonly address: Address
  /** What workers show; empty if they need not show any. */
  readonly token: string
  readonly numerics: "portable" | "fast"
  /** Reports workers that join and leave. */
  readonly report: (message: string) => Effect.Effect<void>
  readonly patience?: Patience
}

/** Bytes that went to workers and came from them. */
export interface Moved {
  readonly sent: number
  readonly received: number
}

/** What has been listened for. */
export interface Listener {
  readonly workers: Workers
  /** Where workers join. */
  readonly address: Address
  readonly moved: () => Moved
}

/** A worker that has joined, with its engine. */
interface Joined {
  readonly member: Member
  readonly engine: Engine["Service"]
}

/** Listens for workers until the scope ends, which ends them. Returns them with the address that they join at. */
export const listen = ({
  address,
  numerics,
  patience = usual,
  report,
  token,
}: Listening): Effect.Effect<Listener, UsageError, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const members = new Map<number, Member>()
    const joined = new Set<Joined>()
    const arrivals = new Set<(of: Joined) => void>()

    /** Starts the engine of a member, and has those who wait for workers use it. */
    const open = (member: Member) =>
      Effect.gen(function* () {
        const settings = { threads: 1, numerics, priority: "normal", lanes: 128, isAsked: false } as const
        const engine = yield* Remote.engine(settings, member.start)
        const own: Joined = { member, engine }
        yield* Effect.addFinalizer(() => Effect.sync(() => joined.delete(own)))
        // At once, so that each of those who wait uses it once.
        joined.add(own)
        for (const arrival of [...arrivals]) arrival(own)
        yield* report(`a worker has joined: ${joined.size} at work`)
        return yield* Effect.never
      })

    const handlers = Protocol.toLayer({
      Join: (payload, { client }) =>
        Stream.unwrap(
          Effect.gen(function* () {
            if (!isSame(payload.token, token)) return yield* new Rejected({ message: "the token is another one" })
            if (payload.release !== release())
              return yield* new Rejected({ message: `the run is of version ${release()}, the worker of ${payload.release}` })
            if (members.has(client.id)) return yield* new Rejected({ message: "it has joined already" })
            const work = yield* Queue.make<Uint8Array, Cause.Done>()
            let why = ""
            const member = makeMember(
              (bytes) => void Queue.offerUnsafe(work, bytes),
              (reason) => {
                why = reason
                Queue.endUnsafe(work)
              },
            )
            members.set(client.id, member)
            const opened = yield* Effect.forkIn(Effect.ignore(Effect.scoped(open(member))), scope)
            const left = Effect.gen(function* () {
              members.delete(client.id)
              member.end("its connection has ended")
              yield* Fiber.interrupt(opened)
              yield* report(`a worker has left: ${why}; ${joined.size} at work`)
            })
            return Stream.ensuring(Stream.fromQueue(work), left)
          }),
        ),
      Reply: (answer, { client }) => Effect.sync(() => members.get(client.id)?.receive(answer)),
    })

    const moved = { sent: 0, received: 0 }
    /** The limits of a connection: arrays only from who has joined, and as many bytes as a worker may send. */
    const watched = () => {
      let isIn = false
      const began = performance.now()
      return {
        moved: (way: keyof Moved, bytes: number) => {
          moved[way] += bytes
          if (way === "received" && !isIn && performance.now() - began > patience.greeting)
            throw new BrokenFrame({ message: "it did not ask to join in time" })
        },
        limits: () =>
          isIn ? { ...strangers, bytes: Math.max(0, ...[...members.values()].map((member) => member.limit())) } : strangers,
        received: (message: unknown) => {
          const payload: unknown = isRecord(message) && message._tag === "Request" ? message.payload : undefined
          if (isRecord(payload) && typeof payload.token === "string" && isSame(payload.token, token)) isIn = true
        },
      }
    }

    const server = yield* NodeSocketServer.make({ host: address.host, port: address.port, noDelay: true }).pipe(
      Effect.mapError(
        ({ reason }) =>
          new UsageError({
            message: `cannot listen on ${print(address)}: ${reason.cause instanceof Error ? reason.cause.message : reason.message}`,
            hint: "another port, or port 0 for any that is free",
          }),
      ),
    )
    yield* Layer.buildWithScope(
      RpcServer.layer(Protocol, { disableFatalDefects: true }).pipe(
        Layer.provide(handlers),
        Layer.provide(RpcServer.layerProtocolSocketServer),
        Layer.provide(Layer.succeed(SocketServer.SocketServer, closingSilent(server, patience.silence))),
        Layer.provide(Layer.succeed(RpcSerialization.RpcSerialization, serialization(watched))),
      ),
      scope,
    )
    // Before the server closes: workers then know that the run has ended, and was not killed.
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        for (const member of members.values()) member.end("the run has ended")
        for (let i = 0; i < 20 && members.size > 0; i++) yield* Effect.sleep(10)
      }),
    )

    const workers: Workers = {
      getRows: true,
      serve: (serve: Serve) =>
        Effect.scoped(
          Effect.gen(function* () {
            const own = yield* Effect.scope
            const use = ({ engine, member }: Joined) =>
              Effect.forkIn(
                Effect.catchTag(serve(engine), "EngineError", (error: EngineError) =>
                  Effect.sync(() => member.end(error.message)),
                ),
                own,
              )
            const arrival = (of: Joined) => void Effect.runFork(use(of))
            yield* Effect.acquireRelease(
              Effect.sync(() => arrivals.add(arrival)),
              () => Effect.sync(() => arrivals.delete(arrival)),
            )
            yield* Effect.forEach([...joined], use)
            return yield* Effect.never
          }),
        ),
    }
    const { port } = server.address as { readonly port?: number }
    return { workers, address: reachable({ ...address, port: port ?? address.port }), moved: () => ({ ...moved }) }
  })

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === "object" && value !== null
