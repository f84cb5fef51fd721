/** Numbers that are none: the failure of a run whose loss, activations, gradients or parameters became NaN or infinite. */
import { TaggedError } from "effect/Data"

/**
 * A number that is not finite appeared while training.
 *
 * `tensor` says where it was seen first: the `loss`, what a layer made (`activation`), a gradient, a parameter, the net's
 * `state`, what the `optimizer` remembers, or what a machine being pre-trained makes of its rows (`reconstruction`); `layer` is the path of the layer or leaf, `step` the step counted from 1,
 * `rows` the rows of the training data in the batch that show it (all of the batch's where it shows in no row). The run's
 * last good state is not lost: a checkpoint never holds such numbers.
 */
export class NonFinite extends TaggedError("NonFinite")<{
  readonly tensor: "input" | "activation" | "loss" | "gradient" | "parameter" | "state" | "optimizer" | "reconstruction"
  readonly layer: string
  readonly value: number
  readonly epoch: number
  readonly step: number
  readonly rows: ReadonlyArray<number>
}> {
  override get message(): string {
    const shown = this.rows.slice(0, 5).join(", ") + (this.rows.length > 5 ? ` and ${this.rows.length - 5} more` : "")
    const where = this.layer === "" ? `the ${this.tensor}` : `the ${this.tensor} of ${this.layer}`
    return `${where} became ${this.value} in step ${this.step} (epoch ${this.epoch}), rows ${shown}`
  }
}
