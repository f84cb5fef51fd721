/**
 * Nets: pure functions from a tree of tensors to a tree of tensors, with parameters and state as further arguments, and the
 * ways to compose them.
 */
export { checkpoint } from "./net/checkpoint.ts"
export { describe, type Row } from "./net/describe.ts"
export {
  type Ends,
  type From,
  type GraphOutput,
  type GraphParams,
  type GraphState,
  graph,
  type Named,
  type Node,
  type Several,
} from "./net/graph.ts"
export { infer } from "./net/infer.ts"
export {
  type AnyNet,
  type Applied,
  type Child,
  type Context,
  type Initial,
  type Inner,
  type InputOf,
  type Net,
  type Observe,
  type OutputOf,
  type ParamsOf,
  part,
  pure,
  type Stateless,
  type StateOf,
  stateless,
  type TreeNet,
} from "./net/Net.ts"
export { numbered, repeat, sequential } from "./net/sequential.ts"
