// The perceptron (Rosenblatt, 1958): add up weighted inputs, answer 1 above 0, and learn only from mistakes. If a straight line
// separates the classes, it finds one. No line separates XOR: 03-xor.ts uses a second layer.
import { Key, Tensor, Toys } from "@adjoint/core"

interface Perceptron {
  readonly w: Tensor.Tensor
  readonly b: Tensor.Tensor
}

/** 1 where x · w + b > 0, else 0: x [rows, 2] gives [rows]. */
const answer = ({ b, w }: Perceptron, x: Tensor.Tensor): Tensor.Tensor =>
  Tensor.cast(Tensor.greater(Tensor.add(Tensor.matmul(x, w), b), 0), "f32")

/** w ← w + (y - ŷ)x, b ← b + (y - ŷ): no change where the answer is right. */
const correct = ({ b, w }: Perceptron, x: Tensor.Tensor, y: Tensor.Tensor): Perceptron => {
  const error = Tensor.sub(y, answer({ w, b }, x))
  return { w: Tensor.add(w, Tensor.matmul(error, x)), b: Tensor.add(b, Tensor.sum(error)) }
}

const accuracy = (perceptron: Perceptron, x: Tensor.Tensor, y: Tensor.Tensor): number =>
  Tensor.toNumber(Tensor.mean(Tensor.cast(Tensor.equal(answer(perceptron, x), y), "f32")))

/** Repeats the four rows until all are right, at most 100 times. */
const learn = (x: Tensor.Tensor, y: Tensor.Tensor, most: number) => {
  let perceptron: Perceptron = { w: Tensor.zeros([2]), b: Tensor.scalar(0) }
  let rounds = 0
  while (rounds < most && accuracy(perceptron, x, y) < 1) {
    for (const row of ["0:1", "1:2", "2:3", "3:4"]) perceptron = correct(perceptron, Tensor.at(x, row), Tensor.at(y, row))
    rounds++
  }
  return { perceptron, rounds }
}

console.log("gate  accuracy  rounds  w         b")
for (const gate of ["and", "or", "nand", "xor"] as const) {
  const { inputs, targets } = Toys[gate](Key.make(0))
  const truth = Tensor.cast(targets, "f32")
  const { perceptron, rounds } = learn(inputs, truth, 100)
  const [w, b] = [Tensor.print(perceptron.w), Tensor.print(perceptron.b)]
  const right = accuracy(perceptron, inputs, truth).toFixed(2)
  console.log(gate.padEnd(5), right.padStart(8), String(rounds).padStart(7), "", w.padEnd(9), b)
}

// Prints:
// gate  accuracy  rounds  w         b
// and       1.00       5  [2, 1]    -2
// or        1.00       3  [1, 1]    0
// nand      1.00       5  [-2, -1]  3
// xor       0.50     100  [-1, 0]   1
