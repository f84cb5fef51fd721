/**
 * How messages of shard workers are written to a socket. A frame has the length of its text, the length of its bytes, the text
 * (JSON) and the bytes, so arrays travel as they are. Lengths are checked before anything is kept.
 */
import { TaggedError } from "effect/Data"
import type * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"

/** A frame breaks a limit or cannot be read. The name is the one for which Effect's server closes the connection. */
export class BrokenFrame extends TaggedError("MaxBufferSizeExceeded")<{ readonly message: string }> {}

/** The most bytes of text and of arrays in a frame from the other side. */
export interface Limits {
  readonly text: number
  readonly bytes: number
}

/** Bytes, which stay bytes where all other values become JSON. */
export const Bytes = Schema.instanceOf(Uint8Array<ArrayBufferLike>, {
  expected: "bytes",
  toCodecJson: () =>
    Schema.link<Uint8Array<ArrayBufferLike>>()(Schema.Any, {
      decode: SchemaGetter.passthrough<Uint8Array<ArrayBufferLike>>(),
      encode: SchemaGetter.passthrough<Uint8Array<ArrayBufferLike>>(),
    }),
})

const lengths = 8

const encoder = new TextEncoder()

/** Where a message has bytes, its text has their place. */
const place = "$bytes"

/** A message as a frame. */
export const encode = (message: unknown): Uint8Array => {
  const parts: Array<Uint8Array> = []
  let size = 0
  const text = encoder.encode(
    JSON.stringify(message, (_, value: unknown) => {
      if (!(value instanceof Uint8Array)) return value
      parts.push(value)
      size += value.byteLength
      return { [place]: [size - value.byteLength, value.byteLength] }
    }),
  )
  const frame = new Uint8Array(lengths + text.byteLength + size)
  const view = new DataView(frame.buffer)
  view.setUint32(0, text.byteLength)
  view.setUint32(4, size)
  frame.set(text, lengths)
  let at = lengths + text.byteLength
  for (const part of parts) {
    frame.set(part, at)
    at += part.byteLength
  }
  return frame
}

const isPlace = (value: unknown): value is { readonly [place]: readonly [number, number] } => {
  const at: unknown =
    typeof value === "object" && value !== null && Object.hasOwn(value, place) ? Reflect.get(value, place) : undefined
  return Array.isArray(at) && at.length === 2 && at.every((x) => Number.isSafeInteger(x) && x >= 0)
}

const messageOf = (text: Uint8Array, bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text), (_, value: unknown) => {
      if (!isPlace(value)) return value
      const [from, length] = value[place]
      if (from + length > bytes.byteLength) throw new BrokenFrame({ message: "bytes outside of their frame" })
      return bytes.subarray(from, from + length)
    })
  } catch (error) {
    if (error instanceof BrokenFrame) throw error
    throw new BrokenFrame({ message: "a frame whose text is not JSON" })
  }
}

/** Reads frames from the pieces of a stream. Throws `BrokenFrame`, from then on always. */
export const decoder = (limits: () => Limits): ((piece: Uint8Array) => ReadonlyArray<unknown>) => {
  let pieces: Array<Uint8Array> = []
  let kept = 0
  let broken: BrokenFrame | undefined
  const joined = (): Uint8Array => {
    const [only] = pieces
    if (pieces.length === 1 && only !== undefined) return only
    const all = new Uint8Array(kept)
    let at = 0
    for (const piece of pieces) {
      all.set(piece, at)
      at += piece.byteLength
    }
    pieces = [all]
    return all
  }
  // The length of the frame that has begun, once it is known: pieces are joined when they are all there.
  let wanted = lengths
  const next = (): unknown => {
    if (kept < wanted) return undefined
    const all = joined()
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength)
    const [text, bytes] = [view.getUint32(0), view.getUint32(4)]
    const most = limits()
    if (text > most.text || bytes > most.bytes)
      throw new BrokenFrame({ message: `a frame of ${text} and ${bytes} bytes, of at most ${most.text} and ${most.bytes}` })
    wanted = lengths + text + bytes
    if (kept < wanted) return undefined
    const message = messageOf(all.subarray(lengths, lengths + text), all.subarray(lengths + text, wanted))
    const rest = all.subarray(wanted)
    pieces = rest.byteLength === 0 ? [] : [rest]
    kept = rest.byteLength
    wanted = lengths
    return message
  }
  return (piece) => {
    if (broken !== undefined) throw broken
    try {
      pieces.push(piece)
      kept += piece.byteLength
      const messages: Array<unknown> = []
      for (let message = next(); message !== undefined; message = next()) messages.push(message)
      return messages
    } catch (error) {
      broken = error instanceof BrokenFrame ? error : new BrokenFrame({ message: String(error) })
      pieces = []
      throw broken
    }
  }
}

/** What a connection does with its frames. */
export interface Watch {
  readonly limits: () => Limits
  /** Called with each message that arrives. */
  readonly received?: (message: unknown) => void
  /** Called with the bytes that go out and come in, before these are read. May throw `BrokenFrame`. */
  readonly moved?: (way: "sent" | "received", bytes: number) => void
}

/** Frames as Effect's RPC reads and writes them. `watch` is called for each connection. */
export const serialization = (watch: () => Watch): RpcSerialization.RpcSerialization["Service"] => ({
  contentType: "application/octet-stream",
  includesFraming: true,
  // Bytes stay bytes; all other values become JSON.
  codecFor: ((schema: Schema.Top) => Schema.toCodecJson(schema)) as RpcSerialization.CodecFor,
  makeUnsafe: () => {
    const { limits, moved, received } = watch()
    const decode = decoder(limits)
    return {
      encode: (message) => {
        const frame = encode(message)
        moved?.("sent", frame.byteLength)
        return frame
      },
      decode: (data) => {
        const bytes = typeof data === "string" ? encoder.encode(data) : data
        moved?.("received", bytes.byteLength)
        const messages = decode(bytes)
        if (received !== undefined) for (const message of messages) received(message)
        return messages
      },
    }
  },
})
