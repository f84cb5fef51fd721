/** The event of `inspect`. */
import * as Schema from "effect/Schema"
import { Count, Diagnostic, event, Shape } from "./Values.ts"

const Layer = Schema.Struct({
  /** Names from the outermost net to the layer, joined by dots. */
  name: Schema.String,
  kind: Schema.String,
  /** Of one sample, as `output` is. */
  inputs: Schema.Array(Shape),
  output: Shape,
  parameters: Count,
  /** Of one sample. */
  multiplyAdds: Count,
})

const Dimension = Schema.Struct({
  name: Schema.String,
  kind: Schema.Literals(["choice", "int", "float"]),
  /** The values of a choice in a few words: the name of a branch. */
  values: Schema.optionalKey(Schema.Array(Schema.String)),
  low: Schema.optionalKey(Schema.Finite),
  high: Schema.optionalKey(Schema.Finite),
  log: Schema.optionalKey(Schema.Boolean),
  step: Schema.optionalKey(Schema.Finite),
  default: Schema.Union([Schema.String, Schema.Finite]),
  /** The dimension and its value that this one needs. */
  when: Schema.optionalKey(Schema.Struct({ dimension: Schema.String, value: Schema.String })),
})

export const Inspected = event(
  "inspected",
  "The layers of a model, what a step of its training takes, and what a search may choose.",
  {
    file: Schema.String,
    /** Of one sample, or of each named input. */
    input: Schema.Union([Shape, Schema.Record(Schema.String, Shape)]),
    layers: Schema.Array(Layer),
    parameters: Count,
    multiplyAdds: Count,
    /** Missing where it cannot be planned; with `diagnostics` instead of sizes where it needs too much memory. */
    step: Schema.optionalKey(
      Schema.Union([
        Schema.Struct({ rows: Count, bytes: Count, kernels: Count, multiplyAdds: Count }),
        Schema.Struct({ rows: Count, diagnostics: Schema.Array(Diagnostic) }),
      ]),
    ),
    /** Of a file with search markers. Without `size` there are infinitely many points. */
    space: Schema.optionalKey(Schema.Struct({ size: Schema.optionalKey(Count), dimensions: Schema.Array(Dimension) })),
  },
)
