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

export const Inspected = event("inspected", "The layers of a model, and what a step of its training takes.", {
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
})
