/** Programs as a person reads them. */
import { expect, test } from "vitest"
import { print, trace } from "../src/language/Program.ts"
import * as T from "../src/tensor/Tensor.ts"
import { grad } from "../src/transform/Autodiff.ts"
import type { Spec } from "../src/types/ShapeError.ts"

const f32 = (...shape: ReadonlyArray<number>): Spec => ({ dtype: "f32", shape })

interface Mlp {
  readonly w1: T.Tensor
  readonly b1: T.Tensor
  readonly w2: T.Tensor
}

const loss = ({ b1, w1, w2 }: Mlp, x: T.Tensor, y: T.Tensor): T.Tensor => {
  const hidden = T.tanh(T.add(T.matmul(x, w1), b1))
  return T.mean(T.square(T.sub(T.matmul(hidden, w2), y)))
}

const mlp = [f32(3, 4), f32(4), f32(4, 1), f32(8, 3), f32(8, 1)]

test("the loss of a small net", () => {
  expect(print(trace((w1, b1, w2, x, y) => [loss({ w1, b1, w2 }, x, y)], mlp))).toMatchInlineSnapshot(`
    "program (a: f32[3, 4], b: f32[4], c: f32[4, 1], d: f32[8, 3], e: f32[8, 1]) {
      f: f32[8, 4] = dot d a
      g: f32[8, 4] = broadcast { shape: [8, 4] } b
      h: f32[8, 4] = add f g
      i: f32[8, 4] = tanh h
      j: f32[8, 1] = dot i c
      k: f32[8, 1] = sub j e
      l: f32[8, 1] = mul k k
      m: f32[] = reduceSum { axes: [0, 1] } l
      n: f32[] = div m 8
      return n
    }"
  `)
})

test("its gradient", () => {
  const program = trace((w1, b1, w2, x, y) => {
    const back = grad(loss)({ w1, b1, w2 }, x, y)
    return [back.w1, back.b1, back.w2]
  }, mlp)
  expect(print(program)).toMatchInlineSnapshot(`
    "program (a: f32[3, 4], b: f32[4], c: f32[4, 1], d: f32[8, 3], e: f32[8, 1]) {
      f: f32[3, 8] = transpose { order: [1, 0] } d
      g: f32[] = div 1 8
      h: f32[1, 1] = reshape { shape: [1, 1] } g
      i: f32[8, 1] = broadcast { shape: [8, 1] } h
      j: f32[8, 4] = dot d a
      k: f32[8, 4] = broadcast { shape: [8, 4] } b
      l: f32[8, 4] = add j k
      m: f32[8, 4] = tanh l
      n: f32[8, 1] = dot m c
      o: f32[8, 1] = sub n e
      p: f32[8, 1] = mul i o
      q: f32[8, 1] = mul i o
      r: f32[8, 1] = add p q
      s: f32[1, 4] = transpose { order: [1, 0] } c
      t: f32[8, 4] = dot r s
      u: f32[8, 4] = broadcast { shape: [8, 4] } 1
      v: f32[8, 4] = mul m m
      w: f32[8, 4] = sub u v
      x: f32[8, 4] = mul t w
      y: f32[3, 4] = dot f x
      z: f32[4] = reduceSum { axes: [0] } x
      aa: f32[4, 8] = transpose { order: [1, 0] } m
      ab: f32[4, 1] = dot aa r
      return y, z, ab
    }"
  `)
})

test("a loop, with what it closes over as its constant", () => {
  const program = trace(
    (w, h, xs) => {
      const { carry, kept } = T.scan(
        (state: T.Tensor, row: T.Tensor) => {
          const next = T.tanh(T.add(T.mul(T.matmul(state, w), 0.5), row))
          return { carry: next, kept: T.mul(T.sum(next), 2) }
        },
        h,
        xs,
        { reverse: true },
      )
      return [carry, kept]
    },
    [f32(2, 2), f32(2), f32(5, 2)],
  )
  expect(print(program)).toMatchInlineSnapshot(`
    "program (a: f32[2, 2], b: f32[2], c: f32[5, 2]) {
      d: f32[2] = broadcast { shape: [2] } 0.5
      e: f32[7] = scan { body: (program (a: f32[2, 2], b: f32[2], c: f32[2], d: f32[2]) {
        e: f32[1, 2] = reshape { shape: [1, 2] } c
        f: f32[1, 2] = dot e a
        g: f32[2] = reshape { shape: [2] } f
        h: f32[2] = mul g b
        i: f32[2] = add h d
        j: f32[2] = tanh i
        k: f32[] = reduceSum { axes: [0] } j
        l: f32[] = mul k 2
        return j, l
      }), constants: 2, carries: 1, length: 5, reverse: true } a d b c
      f: f32[2] = slice { start: [0], limit: [2], stride: [1] } e
      g: f32[5] = slice { start: [2], limit: [7], stride: [1] } e
      return f, g
    }"
  `)
})

test("constants: small ones where they stand, arrays by name", () => {
  const table = T.make([1, 2, 3])
  const program = trace((x) => [T.mul(T.add(x, table), -0), T.pad(x, [[1, 0]], Number.NEGATIVE_INFINITY)], [f32(3)])
  expect(print(program)).toMatchInlineSnapshot(`
    "program (a: f32[3]) {
      with b: f32[3]
      c: f32[3] = add a b
      d: f32[3] = broadcast { shape: [3] } -0
      e: f32[3] = mul c d
      f: f32[4] = pad { low: [1], high: [0], interior: [0], value: -Infinity } a
      return e, f
    }"
  `)
})

test("an argument handed through, one used twice, and none at all", () => {
  expect(print(trace((x, y) => [y, T.add(x, x), y], [f32(), f32(2)]))).toMatchInlineSnapshot(`
    "program (a: f32[], b: f32[2]) {
      c: f32[] = add a a
      return b, c, b
    }"
  `)
  expect(print(trace(() => [], []))).toMatchInlineSnapshot(`
    "program () {
      return
    }"
  `)
})

test("names continue after z", () => {
  const program = trace(
    (x) => {
      let y = x
      for (let i = 0; i < 30; i++) y = T.exp(y)
      return [y]
    },
    [f32()],
  )
  expect(print(program).split("\n").slice(-5).join("\n")).toMatchInlineSnapshot(`
    "  ac: f32[] = exp ab
      ad: f32[] = exp ac
      ae: f32[] = exp ad
      return ae
    }"
  `)
})
