/** Addresses on the command line, and who may use them. */
import { createHash, timingSafeEqual } from "node:crypto"
import { isIP } from "node:net"
import { networkInterfaces } from "node:os"
import * as Effect from "effect/Effect"
import { UsageError } from "../report/Failure.ts"
import { World } from "../terminal/World.ts"

export interface Address {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:7000`, `[::1]:7000`, `name:7000`, or a port of this machine. */
export const parse = (flag: string, text: string): Effect.Effect<Address, UsageError> => {
  const [, host = "", port = ""] = /^(?:(\[[^\]]+\]|[^:\s]+):)?(\d{1,5})$/u.exec(text) ?? []
  if (port === "" || Number(port) > 65_535)
    return Effect.fail(
      new UsageError({
        message: `${flag} ${JSON.stringify(text)} is no address`,
        hint: `${flag} HOST:PORT, such as 127.0.0.1:7000`,
      }),
    )
  return Effect.succeed({ host: host === "" ? "127.0.0.1" : host.replace(/^\[|\]$/gu, ""), port: Number(port) })
}

/** An address as text. */
export const print = ({ host, port }: Address): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`

/** The address of this machine at which others reach what listens on all addresses; any other address as it is. */
export const reachable = (address: Address, interfaces = networkInterfaces()): Address => {
  if (address.host !== "0.0.0.0" && address.host !== "::") return address
  const family = (wanted: "IPv4" | "IPv6") =>
    Object.values(interfaces)
      .flatMap((each) => each ?? [])
      // An address of a link alone needs the name of an interface, which another machine does not have.
      .find((each) => each.family === wanted && !each.internal && !each.address.startsWith("fe80:"))?.address
  // What listens on all addresses of IPv6 takes connections over IPv4 too.
  const host = family("IPv4") ?? (address.host === "::" ? family("IPv6") : undefined)
  return { ...address, host: host ?? (address.host === "::" ? "::1" : "127.0.0.1") }
}

/** Whether only processes of this machine reach an address. */
export const isLocal = ({ host }: Address): boolean => host === "localhost" || host === "::1" || /^127\./u.test(host)

/** The environment variable with the token that workers show. */
export const tokenVariable = "ADJOINT_TOKEN"

/** The token of the environment; the empty one if there is none. */
export const token: Effect.Effect<string, never, World> = Effect.map(World, ({ env }) => env[tokenVariable] ?? "")

/** Fails for an address that other machines reach, without a token. */
export const guarded = (flag: string, address: Address, secret: string): Effect.Effect<void, UsageError> =>
  isLocal(address) || secret !== ""
    ? Effect.void
    : Effect.fail(
        new UsageError({
          message: `${flag} ${print(address)} can be reached from other machines, and there is no token`,
          hint: `set ${tokenVariable} to a secret, here and for the workers, or listen on 127.0.0.1`,
        }),
      )

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Whether two tokens are equal, in a time that does not depend on where they differ. */
export const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
