/** The failure of a run whose loss, activations, gradients or parameters became NaN or infinite. */
import { TaggedError } from "effect/Data"

/** Where a non-finite value was found: in which tensor of which layer, and the rows of the data that show it. */
export interface NonFinitePlace {
  readonly tensor:
    | "input"
    | "activation"
    | "loss"
    | "gradient"
    | "parameter"
    | "state"
    | "optimizer"
    | "output"
    | "reconstruction"
  readonly layer: string
  readonly value: number
  readonly rows: ReadonlyArray<number>
}

/**
 * A non-finite value appeared in training.
 *
 * `tensor` is where it appeared first: the `input`, the output of a layer (`activation`), the `loss`, a `gradient`, a
 * `parameter`, the net's `state`, the state of the `optimizer`, an `output` of a step of your own, or the `reconstruction` of a machine in pre-training.
 * `layer` is the path of the layer or leaf, `step` the step counted from 1, `rows` the rows of the training data in the
 * batch that have it (all rows of the batch if no single row has it). A checkpoint never holds such values, so the last
 * good state is not lost.
 */
export class NonFinite extends TaggedError("NonFinite")<
  NonFinitePlace & {
    readonly epoch: number
    readonly step: number
  }
> {
  override get message(): string {
    const shown = this.rows.slice(0, 5).join(", ") + (this.rows.length > 5 ? ` and ${this.rows.length - 5} more` : "")
    const where =
      this.layer === "" ? `the ${this.tensor}` : `the ${this.tensor}${this.tensor === "output" ? "" : " of"} ${this.layer}`
    return `${where} became ${this.value} in step ${this.step} (epoch ${this.epoch}), rows ${shown}`
  }
}
