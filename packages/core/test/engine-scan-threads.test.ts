import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { separateRows } from "../src/backend/wasm/kernels/primitives/separateRows.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { fuse } from "../src/compiler/Fuse.ts"
import { trace } from "../src/language/Program.ts"
import * as Layers from "../src/learning/Layers.ts"
import type { Net } from "../src/learning/Net.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { grad } from "../src/transform/Autodiff.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import { modes } from "./engine-modes.ts"
import { expectSame } from "./expect-same.ts"
import { whole } from "./one-by-one.ts"

const [time, features, units] = [4, 3, 8]
const draw = (name: string, shape: ReadonlyArray<number>): NDArray => T.read(Key.normal(Key.fold(Key.make(8), name), shape))

const nets: { readonly [name: string]: (reverse: boolean) => Net } = {
  rnn: (reverse) => Layers.simpleRnn({ units, reverse }) as Net,
  lstm: (reverse) => Layers.lstm({ units, reverse, returnSequences: true }) as Net,
  gru: (reverse) => Layers.gru({ units, reverse }) as Net,
}

/** The output of a net, and the gradients of its parameters and its input. */
const stepOf = (net: Net, batch: number) => {
  const { params } = net.init(Key.make(1), [time, features])
  const names = Object.keys(params as { readonly [name: string]: T.Tensor })
  const arrays = names.map((name) => T.read((params as { readonly [name: string]: T.Tensor })[name] as T.Tensor))
  const inputs = [draw("x", [batch, time, features]), ...arrays]
  const program = trace((x, ...given) => {
    const apply = ({ params, x }: { readonly params: ReadonlyArray<T.Tensor>; readonly x: T.Tensor }): T.Tensor =>
      net.apply(Object.fromEntries(names.map((name, i) => [name, params[i] as T.Tensor])), {}, x, { mode: "infer" }).y
    const at = { params: given, x: x as T.Tensor }
    const back = grad((given: typeof at) => T.sum(T.sin(apply(given))))(at)
    return [apply(at), back.x, ...back.params]
  }, inputs)
  return { program, inputs }
}

describe("a loop over rows that do not meet has the same bits on any number of threads", () => {
  const pools = [2, 3, 8].map((threads) => makePool(threads, 0))
  beforeAll(async () => {
    await Promise.all(pools.map((pool) => pool?.complete()))
  })
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool?.close()))
  })
  for (const [name, make] of Object.entries(nets))
    it.each([1, 2, 5, 12])(`${name}, batch of %i`, (batch) => {
      for (const reverse of [false, true]) {
        const { inputs, program } = stepOf(make(reverse), batch)
        for (const mode of modes) {
          const one = whole(mode, program, inputs)
          for (const pool of pools) expectSame(whole(mode, program, inputs, pool), one)
        }
      }
    })

  it("and so have branches, and loops that a condition ends", () => {
    const inputs = [draw("x", [12, units]), draw("w", [units, units])]
    const cost = ({ w, x }: { readonly w: T.Tensor; readonly x: T.Tensor }): T.Tensor => {
      const step = (y: T.Tensor): T.Tensor => T.mul(T.tanh(T.matmul(y, w)), 0.6)
      const y = T.whileLoop((y) => T.greater(T.norm(y), 0.5), step, x, { maxSteps: 12 })
      return T.sum(
        T.cond(
          T.greater(T.sum(x), 0),
          () => T.matmul(y, w),
          () => T.sin(y),
        ),
      )
    }
    const program = trace((x, w) => {
      const at = { x: x as T.Tensor, w: w as T.Tensor }
      const back = grad(cost)(at)
      return [cost(at), back.x, back.w]
    }, inputs)
    for (const mode of modes) {
      const one = whole(mode, program, inputs)
      for (const pool of pools) expectSame(whole(mode, program, inputs, pool), one)
    }
  })
})

describe("the rows of a loop's body", () => {
  const rows = 6
  const w = draw("w", [units, units])
  const rowsOf = (step: (h: T.Tensor, x: T.Tensor, w: T.Tensor) => T.Tensor): number | undefined => {
    const body = trace(
      (w, h, x) => [step(h as T.Tensor, x as T.Tensor, w as T.Tensor)],
      [w, draw("h", [rows, units]), draw("x", [rows, units])],
    )
    return separateRows(fuse(body), 1)?.rows
  }

  it("do not meet in products with shared weights, elementwise work and moves within a row", () => {
    expect(rowsOf((h, x, w) => T.tanh(T.add(x, T.matmul(h, w))))).toBe(rows)
    expect(rowsOf((h, x, w) => T.matmul(T.concat([T.slice(x, [0, 4], [rows, 8]), T.slice(h, [0, 0], [rows, 4])], 1), w))).toBe(
      rows,
    )
    expect(rowsOf((h, x) => T.mul(h, T.flip(x, [1])))).toBe(rows)
  })

  it("do not meet in what the rounds share, whether that has rows or not", () => {
    const [mask, row] = [draw("mask", [rows, units]), draw("row", [units])]
    const body = trace(
      (w, mask, row, h) => {
        const [kept, shift] = [T.mul(h as T.Tensor, mask as T.Tensor), T.broadcastTo(row as T.Tensor, [rows, units])]
        return [T.add(T.matmul(kept, w as T.Tensor), shift)]
      },
      [w, mask, row, draw("h", [rows, units])],
    )
    const separate = separateRows(fuse(body), 3)
    expect([0, 1, 2].map((input) => separate?.byRow(input))).toEqual([false, true, false])
  })

  it("meet where a round adds, turns, shifts or counts them", () => {
    expect(rowsOf((h, x) => T.add(h, T.sum(x, { axes: [0], keepAxes: true })))).toBeUndefined()
    expect(rowsOf((h, x) => T.add(h, T.flip(x, [0])))).toBeUndefined()
    expect(rowsOf((h, x) => T.concat([T.slice(h, [1, 0], [rows, units]), T.slice(x, [0, 0], [1, units])], 0))).toBeUndefined()
    expect(rowsOf((h, x) => T.add(T.add(h, x), T.cast(T.iota([rows, units], 0), "f32")))).toBeUndefined()
    expect(rowsOf((h, x) => T.matmul(T.matmul(h, T.transpose(x)), x))).toBeUndefined()
  })
})
