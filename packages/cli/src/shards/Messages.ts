/** Messages of an engine in another process: its calls as bytes in the format of V8, and the answers to them. */
import { deserialize, serialize } from "node:v8"
import type { Answers, Envelope, Reply, Wire } from "@adjoint/core/engines/Remote"
import type { Program } from "@adjoint/core/language/Program"
import { specOf } from "@adjoint/core/language/ShapeRule"
import { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import { bytesOf, printSpec, type Spec } from "@adjoint/core/types/ShapeError"
import type { Answer } from "./Protocol.ts"

/** A call as bytes. */
export const encodeCall = (envelope: Envelope): Uint8Array => {
  const { buffer, byteLength, byteOffset } = serialize(envelope)
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A call from bytes of the process that a worker has joined. */
export const decodeCall = (bytes: Uint8Array): Envelope => deserialize(bytes) as Envelope

const bytesIn = ({ buffer, byteLength, byteOffset }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

type Result = Answer["result"]

const arrays = (lists: ReadonlyArray<Wire>): Result => ({
  _tag: "Arrays",
  lists: lists.map((list) => list.map(({ data, dtype, shape }) => ({ dtype, shape, data: bytesIn(data) }))),
})

/** The answer of an engine to a call. */
export const answerOf = (call: Envelope["request"]["call"], reply: Reply): Answer => {
  const { id } = reply
  if ("error" in reply) {
    const { doing, message } = reply.error
    return { id, result: { _tag: "Failed", message, ...(doing === undefined ? {} : { doing }) } }
  }
  const { answer } = reply
  switch (call) {
    case "open":
      return { id, result: { _tag: "Opened", ...(answer as Answers["open"]) } }
    case "read":
    case "state":
      return { id, result: arrays([answer as Wire]) }
    case "outputs":
      return { id, result: arrays(answer as Answers["outputs"]) }
    // The state after a long run, which nobody waits for here, stays where it is.
    default:
      return { id, result: { _tag: "Done" } }
  }
}

/** What arrays a call is to answer with: lists of specs. */
export type Expected = ReadonlyArray<ReadonlyArray<Spec>>

/** The specs of a program's outputs. */
export const outputsOf = (program: Program): ReadonlyArray<Spec> => program.outputs.map((value) => specOf(program, value))

/** How many bytes arrays take. */
export const sizeOf = (expected: Expected): number => expected.flat().reduce((sum, spec) => sum + bytesOf(spec), 0)

type Sent = Extract<Result, { readonly _tag: "Arrays" }>["lists"][number][number]

/** The array of an answer, if it is of this dtype and shape and has as many bytes. */
const arrayOf = ({ data, dtype, shape }: Sent, spec: Spec | undefined): NDArray => {
  if (spec === undefined || dtype !== spec.dtype || !Shape.equals(shape, spec.shape) || data.byteLength !== bytesOf(spec))
    throw new Error(
      `it sent ${printSpec({ dtype, shape })} of ${data.byteLength} bytes instead of ${spec === undefined ? "nothing" : printSpec(spec)}`,
    )
  // A copy of its own: the frame has others beside it, and its numbers may not be aligned.
  const { buffer } = new Uint8Array(data)
  const storage =
    spec.dtype === "f32" ? new Float32Array(buffer) : spec.dtype === "i32" ? new Int32Array(buffer) : new Uint8Array(buffer)
  return new NDArray(spec.dtype, spec.shape, storage)
}

const listsOf = (result: Result, expected: Expected): ReadonlyArray<ReadonlyArray<NDArray>> => {
  const lists = result._tag === "Arrays" ? result.lists : []
  if (lists.length !== expected.length || lists.some((list, i) => list.length !== expected[i]?.length))
    throw new Error("it sent another number of arrays than it was asked for")
  return lists.map((list, i) => list.map((array, at) => arrayOf(array, expected[i]?.[at])))
}

/** The reply to a call, from the answer of a process that is not trusted. Throws for one that does not fit the call. */
export const replyOf = (call: Envelope["request"]["call"], { id, result }: Answer, expected: Expected): Reply => {
  if (result._tag === "Failed") {
    const { doing, message } = result
    return { id, error: { message: message.slice(0, 1000), ...(doing === undefined ? {} : { doing: doing.slice(0, 100) }) } }
  }
  switch (call) {
    case "open": {
      if (result._tag !== "Opened") break
      const { lanes, numerics, threads } = result
      if (numerics !== "portable" && numerics !== "fast") break
      return { id, answer: { lanes, numerics, threads } }
    }
    case "read":
    case "state":
      return { id, answer: listsOf(result, expected)[0] ?? [] }
    case "outputs":
      return { id, answer: listsOf(result, expected) }
    default:
      if (result._tag === "Done") return { id, answer: undefined }
  }
  throw new Error(`its answer to ${call} is of another kind`)
}
