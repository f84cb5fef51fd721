/**
 * The calls between the process of a run and the processes that compute shards for it. A worker joins and gets work as a stream;
 * it answers each piece of work by a call.
 */

import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { version } from "../model/Packages.ts"
import { Bytes } from "./Frames.ts"

/** Workers of other versions may round in another way. */
export const release = (): string => version()

/** A worker may not join. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", { message: Schema.String }) {}

const Natural = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** The answer to a piece of work: nothing, facts about the engine, arrays in lists, or an error. */
export const Answer = Schema.Struct({
  id: Natural,
  result: Schema.Union([
    Schema.TaggedStruct("Done", {}),
    Schema.TaggedStruct("Opened", { threads: Natural, numerics: Schema.String, lanes: Schema.Literals([128, 256]) }),
    Schema.TaggedStruct("Arrays", {
      lists: Schema.Array(
        Schema.Array(
          Schema.Struct({ dtype: Schema.Literals(["f32", "i32", "u8", "bool"]), shape: Schema.Array(Natural), data: Bytes }),
        ),
      ),
    }),
    Schema.TaggedStruct("Failed", {
      message: Schema.String,
      doing: Schema.optionalKey(Schema.String),
    }),
  ]),
})
export type Answer = typeof Answer.Type

export class Protocol extends RpcGroup.make(
  Rpc.make("Join", {
    payload: { release: Schema.String, token: Schema.String },
    /** A message of an engine (`Envelope`), in the format of V8. */
    success: Bytes,
    error: Rejected,
    stream: true,
  }),
  Rpc.make("Reply", { payload: Answer }),
) {}
