// The zig-zag of all-positive inputs, as those that come out of a sigmoid. The gradient of a unit's weights is its error times the
// inputs: if these are positive, all weights grow or all shrink, and a step towards (1, −1) is never possible. Centred inputs
// have gradients of both signs.
import { Autodiff, Key, Tensor } from "@adjoint/core"
import { line, type Result, show, shown } from "./experiment.ts"

const rows = 200
const wanted = [1, -1] as const
const normal = [...Tensor.read(Key.normal(Key.make(2), [rows, 2])).data]

/** Trains a linear unit row by row towards the weights (1, −1), and returns its path. */
const path = (input: (z: number) => number) => {
  const places: Array<readonly [number, number]> = [[0, 0]]
  let w = Tensor.make([0, 0]) as Tensor.Tensor
  let [oneSided, moved] = [0, 0]
  for (let row = 0; row < rows; row++) {
    const x = Tensor.make([input(normal[2 * row] ?? 0), input(normal[2 * row + 1] ?? 0)])
    const error = (at: Tensor.Tensor) => Tensor.square(Tensor.sum(Tensor.mul(Tensor.sub(at, Tensor.make(wanted)), x)))
    const gradient = Tensor.read(Autodiff.grad(error)(w))
    const [first = 0, second = 0] = gradient.data
    // Where nothing is left to learn there is no gradient.
    if (first !== 0) moved++
    if (first * second > 0) oneSided++
    w = Tensor.read(Tensor.sub(w, Tensor.mul(gradient, 0.1)))
    const [a = 0, b = 0] = (w as { readonly data: ArrayLike<number> } & Tensor.Tensor).data as unknown as ReadonlyArray<number>
    places.push([a, b])
  }
  const length = places
    .slice(1)
    .reduce((sum, [a, b], i) => sum + Math.hypot(a - (places[i]?.[0] ?? 0), b - (places[i]?.[1] ?? 0)), 0)
  const [end = [0, 0] as const] = places.slice(-1)
  return {
    places,
    share: oneSided / moved,
    ratio: length / Math.hypot(...end),
    missing: Math.hypot(end[0] - wanted[0], end[1] - wanted[1]),
  }
}

export const experiment = async () => {
  const positive = path((z) => 1 / (1 + Math.exp(-z)))
  const centred = path((z) => z)
  const said = ({ missing, ratio, share }: typeof positive) =>
    `${Math.round(100 * share)}% of the gradients push both weights the same way, the path is ${shown(ratio)} times as long as the straight line, and ${shown(missing)} is left`
  return {
    finding: `inputs above 0: ${said(positive)}; centred inputs: ${said(centred)}`,
    numbers: { positive, centred },
    figure: {
      title: "The path to the weights (1, −1)",
      x: "first weight",
      y: "second weight",
      lines: [
        { ...line("inputs above 0", []), points: positive.places },
        { ...line("centred inputs", []), points: centred.places },
      ],
    },
  } satisfies Result
}

if (import.meta.main) await show(experiment)
