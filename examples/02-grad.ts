// Differentiation takes a function and returns a function, so it can be applied again.
import { Autodiff, Program, Tensor } from "@adjoint/core"

const cube = (x: Tensor.Tensor) => Tensor.mul(x, Tensor.mul(x, x))

const first = Autodiff.grad(cube)
const second = Autodiff.grad(first)
console.log("x³ at 2:", Tensor.toNumber(cube(Tensor.scalar(2))), "slope", Tensor.toNumber(first(Tensor.scalar(2))))
console.log("second derivative", Tensor.toNumber(second(Tensor.scalar(2))))

// Gradients have the structure of the parameters.
const loss = ({ b, w }: { readonly w: Tensor.Tensor; readonly b: Tensor.Tensor }) =>
  Tensor.mean(Tensor.square(Tensor.sub(Tensor.add(Tensor.mul(w, 3), b), 10)))
const { grad, value } = Autodiff.valueAndGrad(loss)({ w: Tensor.scalar(2), b: Tensor.scalar(1) })
console.log("loss", Tensor.toNumber(value), "d/dw", Tensor.toNumber(grad.w), "d/db", Tensor.toNumber(grad.b))

// A derivative is a program, which can be printed.
const sigmoidSlope = Program.trace(
  (x) => [Autodiff.grad((z: Tensor.Tensor) => Tensor.sum(Tensor.sigmoid(z)))(x as Tensor.Tensor)],
  [{ dtype: "f32", shape: [3] }],
)
console.log(Program.print(sigmoidSlope))

// Prints:
// x³ at 2: 8 slope 12
// second derivative 12
// loss 9 d/dw -18 d/db -6
// program (a: f32[3]) {
//   b: f32[1] = reshape { shape: [1] } 1
//   c: f32[3] = broadcast { shape: [3] } b
//   d: f32[3] = sigmoid a
//   e: f32[3] = broadcast { shape: [3] } 1
//   f: f32[3] = sub e d
//   g: f32[3] = mul d f
//   h: f32[3] = mul c g
//   return h
// }
