/** The law of nets that compute a sequence step by step: the outputs of the steps are those of the whole. */
import { type Params, type Sequence, Tensor } from "@adjoint/core"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { exactly } from "./exactly.ts"

type Steps = Pick<Sequence.Stepwise<Params.Params, Params.Params, Params.Params, Sequence.WithMemory>, "step">

/** Steps through tokens [batch, time] from a first carry, and compares each output with its place in `all`. */
export const assertStepsOfWhole = (
  net: Steps,
  { params, state }: { readonly params: Params.Params; readonly state: Params.Params },
  first: Params.Params,
  tokens: Tensor.Tensor,
  all: Tensor.Tensor,
): void => {
  let carry = first
  for (let t = 0; t < (tokens.shape[1] ?? 0); t++) {
    const stepped = exactly((p: Params.Params, before: Params.Params) => net.step(p, state, before, Tensor.at(tokens, ":", t)))(
      params,
      carry,
    )
    assertAllClose(stepped.x, Tensor.at(all, ":", t), { rtol: 1e-9, atol: 1e-11 })
    carry = stepped.carry
  }
}
