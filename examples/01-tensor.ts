// Tensors are immutable arrays. An operation checks shapes and returns an expression; reading it computes it.
import { Tensor } from "@adjoint/core"

const x = Tensor.make([
  [1, 2, 3],
  [4, 5, 6],
])

console.log(Tensor.print(Tensor.matmul(x, Tensor.transpose(x))))
console.log("column means", Tensor.print(Tensor.mean(x, { axes: 0 })))
console.log("x[:, ::-1][0]", Tensor.print(Tensor.at(x, 0, "::-1")))

// A mistake throws where the operation is called, not where it is computed.
try {
  Tensor.matmul(x, x)
} catch (error) {
  console.log(String(error))
}

// Prints:
// [[14, 32],
//  [32, 77]]
// column means [2.5, 3.5, 4.5]
// x[:, ::-1][0] [3, 2, 1]
// ShapeError: matmul got f32[2, 3] and f32[2, 3]; it wants as many columns in the first (3) as rows in the second (2). Try: transpose the second
