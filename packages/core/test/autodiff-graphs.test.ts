/** Long graphs: deep ones must not overflow the stack, and a training loop must not keep the tensors of earlier steps. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, test } from "vitest"
import { check, print, trace } from "../src/language/Program.ts"
import { run } from "../src/reference/Reference.ts"
import * as T from "../src/tensor/Tensor.ts"
import { grad, jvp, valueAndGrad, valueAndGradAux } from "../src/transform/Autodiff.ts"

const depth = 50_000

const deep = (x: T.Tensor): T.Tensor => {
  let y = x
  for (let i = 0; i < depth; i++) y = i % 2 === 0 ? T.add(y, x) : T.mul(y, 0.5)
  return y
}

describe(`a graph of ${depth} operations`, () => {
  // y → (y + x) / 2 brings y to x.
  test("is read", () => expect(T.toNumber(deep(T.scalar(3)))).toBe(3))

  test("is differentiated", () => expect(T.toNumber(grad(deep)(T.scalar(3)))).toBe(1))

  test("is differentiated forwards", () => expect(T.toNumber(jvp(deep, T.scalar(3), T.scalar(2)).tangent)).toBe(2))

  test("is traced, checked, printed and run", () => {
    const program = trace((x) => [deep(x)], [{ dtype: "f32", shape: [] }])
    expect(program.equations.length).toBe(depth)
    check(program)
    expect(print(program).split("\n").length).toBe(depth + 3)
    expect(run(program, [T.scalar(3)])[0]?.data[0]).toBe(3)
  })
})

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const collected = async (): Promise<void> => {
  for (let i = 0; i < 4; i++) {
    // A reference just made or read lives to the end of its turn.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
}

/** The number of tensors, passed from one call of `round` to the next, that are still in memory after `times` calls. */
const alive = async (times: number, round: () => T.Tensor): Promise<number> => {
  const refs = Array.from({ length: times }, () => new WeakRef(round()))
  await collected()
  return refs.filter((ref) => ref.deref() !== undefined).length
}

const loss = (w: T.Tensor, x: T.Tensor): T.Tensor => T.mean(T.square(T.sub(T.tanh(T.matmul(x, w)), 0.5)))

/** A past that is kept is kept whole; of one that is let go, the collector may leave the last few for later. */
const [rounds, few] = [200, 10]

describe("a hand-written training loop releases the tensors of earlier steps", () => {
  const x = T.make([
    [1, 2],
    [3, -1],
  ])

  test("when it reads the loss of each round", async () => {
    let w: T.Tensor = T.make([0.1, 0.2])
    const left = await alive(rounds, () => {
      const { grad: back, value } = valueAndGrad(loss)(w, x)
      w = T.sub(w, T.mul(back, 0.1))
      T.toNumber(value)
      return w
    })
    expect(left).toBeLessThan(few)
    expect(T.read(w).shape).toEqual([2])
  })

  test("when it reads inside the differentiated function and passes the result on", async () => {
    let state: T.Tensor = T.make([0, 0])
    let w: T.Tensor = T.make([0.1, 0.2])
    const left = await alive(rounds, () => {
      const step = valueAndGradAux((at: T.Tensor) => {
        const mean = T.add(T.mul(state, 0.9), T.mul(at, 0.1))
        T.read(mean)
        return { value: T.sum(T.mul(at, mean)), aux: mean }
      })(w)
      state = step.aux
      w = T.sub(w, T.mul(step.grad, 0.1))
      T.read(w)
      return state
    })
    expect(left).toBeLessThan(few)
    expect(T.read(state).shape).toEqual([2])
  })

  test("when it differentiates forwards", async () => {
    let w: T.Tensor = T.make([0.1, 0.2])
    const left = await alive(rounds, () => {
      w = T.sub(w, T.mul(jvp((at: T.Tensor) => T.tanh(T.mul(at, at)), w, T.ones([2])).tangent, 0.1))
      T.read(w)
      return w
    })
    expect(left).toBeLessThan(few)
    expect(T.read(w).shape).toEqual([2])
  })

  test("but not when nothing is read: the recipe is all there is", async () => {
    let w: T.Tensor = T.make([0.1, 0.2])
    const left = await alive(rounds, () => {
      w = T.sub(w, T.mul(grad(loss)(w, x), 0.1))
      return w
    })
    expect(left).toBe(rounds)
    expect(T.read(w).shape).toEqual([2])
  })

  test("and its memory stays level over many rounds", async () => {
    let w: T.Tensor = T.zeros([200, 10])
    const rows = T.read(T.ones([4, 200]))
    const round = () => {
      w = T.sub(w, T.mul(grad((at: T.Tensor) => T.sum(T.square(T.sub(T.matmul(rows, at), 1))))(w), 1e-4))
      T.read(w)
    }
    const used = async (): Promise<number> => {
      await collected()
      const { arrayBuffers, heapUsed } = process.memoryUsage()
      return arrayBuffers + heapUsed
    }
    for (let i = 0; i < 20; i++) round()
    const before = await used()
    for (let i = 0; i < 200; i++) round()
    const grown = (await used()) - before
    // Every round makes some 150 kB of arrays: kept, they would be 30 MB.
    expect(grown).toBeLessThan(3e6)
  })
})
