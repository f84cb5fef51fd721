// An optimizer is a chain of gradient transformations. Four named optimizers minimize Rosenbrock's function, and then a chain
// of our own.
import { Autodiff, Optimizer, Tensor } from "@adjoint/core"

type Point = { readonly x: Tensor.Tensor; readonly y: Tensor.Tensor }

const rosenbrock = ({ x, y }: Point) =>
  Tensor.add(Tensor.square(Tensor.sub(1, x)), Tensor.mul(Tensor.square(Tensor.sub(y, Tensor.square(x))), 100))

const race = <S>(optimizer: Optimizer.Optimizer<S>, steps: number): Point => {
  let point: Point = { x: Tensor.scalar(-1), y: Tensor.scalar(1) }
  let state = optimizer.init(point)
  for (let step = 0; step < steps; step++) {
    const next = optimizer.update(Autodiff.grad(rosenbrock)(point), state, point)
    point = Optimizer.apply(point, next.updates)
    state = next.state
    // Reading a value drops its expression, so memory stays small.
    Tensor.readAll([point.x, point.y])
  }
  return point
}

const report = (name: string, { x, y }: Point) =>
  console.log(name.padEnd(10), Tensor.toNumber(x).toFixed(3), Tensor.toNumber(y).toFixed(3))

report("sgd", race(Optimizer.sgd(0.001), 500))
report("momentum", race(Optimizer.momentum(0.001), 500))
report("nesterov", race(Optimizer.nesterov(0.001), 500))
report("adam", race(Optimizer.adam(0.05), 500))

const clipped = Optimizer.chain(
  Optimizer.clipByGlobalNorm(1),
  Optimizer.accumulateMomentum({ decay: 0.9 }),
  Optimizer.scaleByLearningRate(0.002),
)
report("clipped", race(clipped, 500))

// Prints:
// sgd        -0.447 0.207
// momentum   0.947 0.897
// nesterov   0.946 0.895
// adam       0.988 0.976
// clipped    0.992 0.984
