// Six optimizers on one surface: L(x, y) = x²/20 + y², a valley whose sides are twenty times as steep as its floor. sgd
// oscillates from side to side, momentum accelerates along the valley, and optimizers that divide by past gradients scale both
// directions equally. With a file name it draws the paths:
//
//   node examples/13-optimizer-race.ts race.svg
import { writeFileSync } from "node:fs"
import { Autodiff, Optimizer, Tensor } from "@adjoint/core"

type Point = { readonly x: Tensor.Tensor; readonly y: Tensor.Tensor }
type Path = ReadonlyArray<readonly [x: number, y: number]>

const surface = ({ x, y }: Point) => Tensor.add(Tensor.div(Tensor.square(x), 20), Tensor.square(y))

/** The path of an optimizer: forty steps from (-7, 2). */
const path = <S>(optimizer: Optimizer.Optimizer<S>): Path => {
  let point: Point = { x: Tensor.scalar(-7), y: Tensor.scalar(2) }
  let state = optimizer.init(point)
  const places: Array<readonly [number, number]> = [[-7, 2]]
  for (let step = 0; step < 40; step++) {
    const next = optimizer.update(Autodiff.grad(surface)(point), state, point)
    point = Optimizer.apply(point, next.updates)
    state = next.state
    places.push([Tensor.toNumber(point.x), Tensor.toNumber(point.y)])
  }
  return places
}

const paths: { readonly [name: string]: Path } = {
  sgd: path(Optimizer.sgd(0.95)),
  momentum: path(Optimizer.momentum(0.1)),
  nesterov: path(Optimizer.nesterov(0.1)),
  adagrad: path(Optimizer.adagrad(1.5)),
  rmsprop: path(Optimizer.rmsprop(0.3)),
  adam: path(Optimizer.adam(0.3)),
}

const height = ([x, y]: Path[number]): number => x ** 2 / 20 + y ** 2

const shownSteps = [0, 5, 10, 20, 40]
console.log("loss after step", ...shownSteps.map((step) => String(step).padStart(6)))
for (const [name, places] of Object.entries(paths)) {
  const losses = places.filter((_, step) => shownSteps.includes(step)).map(height)
  console.log(name.padEnd(15), ...losses.map((loss) => loss.toFixed(4)))
}

const last = Object.entries(paths).map(([name, places]) => [name, height(places.at(-1) ?? [0, 0])] as const)
const [first, ...others] = last.toSorted(([, a], [, b]) => a - b).map(([name]) => name)
console.log(`\nafter 40 steps ${first} is lowest, then ${others.join(", ")}`)

const [width, deep] = [340, 190]
const style = `svg { --paper: #fff; --ink: #1f2328; --line: #d1d9e0; --path: #c2570c }
  @media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --line: #30363d; --path: #f0883e } }
  rect { fill: var(--paper) } text { font: 600 14px system-ui, sans-serif; fill: var(--ink) }
  ellipse { fill: none; stroke: var(--line) } .least { stroke: var(--ink); stroke-width: 1.5 }
  polyline { fill: none; stroke: var(--path); stroke-width: 1.5; stroke-linejoin: round } circle { fill: var(--path) }`

/** One path over the lines of equal loss √L = 0.4, 0.8, …, which are ellipses. */
const panel = ([name, places]: readonly [string, Path], i: number): string => {
  const at = places.map(([x, y]) => [(x * 20).toFixed(1), (-y * 32).toFixed(1)] as const)
  const lines = [1, 2, 3, 4, 5, 6].map(
    (k) => `<ellipse rx="${(0.4 * k * Math.sqrt(20) * 20).toFixed(1)}" ry="${(0.4 * k * 32).toFixed(1)}"/>`,
  )
  const dots = at.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="2.2"/>`)
  return `<svg x="${(i % 2) * width}" y="${Math.floor(i / 2) * deep}" width="${width - 10}" height="${deep}" viewBox="${5 - width / 2} ${-deep / 2 - 8} ${width - 10} ${deep}">
  <title>${name}</title>
  ${lines.join("")}
  <path class="least" d="M-5 0H5M0 -5V5"/>
  <polyline points="${at.map(([x, y]) => `${x},${y}`).join(" ")}"/>
  ${dots.join("")}
  <text x="${-width / 2 + 12}" y="${-deep / 2 + 16}">${name}</text>
</svg>`
}

const [file] = process.argv.slice(2)
if (file !== undefined)
  writeFileSync(
    file,
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${3 * deep}" width="${2 * width}" height="${3 * deep}">
<title>The paths of six optimizers down one valley</title>
<style>${style}</style>
<rect width="100%" height="100%"/>
${Object.entries(paths).map(panel).join("\n")}
</svg>
`,
  )

// Prints:
// loss after step      0      5     10     20     40
// sgd             6.4500 2.2976 0.8191 0.1043 0.0017
// momentum        6.4500 3.2089 0.9451 0.5219 0.1000
// nesterov        6.4500 2.4136 0.8422 0.0388 0.0292
// adagrad         6.4500 0.4201 0.1109 0.0088 0.0001
// rmsprop         6.4500 0.8451 0.3469 0.0396 0.0000
// adam            6.4500 1.8165 1.0659 0.1935 0.0338
//
// after 40 steps rmsprop is lowest, then adagrad, sgd, nesterov, adam, momentum
