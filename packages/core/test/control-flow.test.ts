/** Branches and loops that depend on data: by the engine, one by one and in Reference, with derivatives, in batches, in each other. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Autodiff, Key, Program, Reference, Tensor, Transform } from "../src/index.ts"
import { inline } from "../src/language/Program.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { caseCount } from "./case-count.ts"
import { expectSame } from "./expect-same.ts"
import { oneByOne, whole } from "./one-by-one.ts"

type T = Tensor.Tensor

const [yes, no] = [Tensor.scalar(1, "bool"), Tensor.scalar(0, "bool")]
const close = { rtol: 1e-5, atol: 1e-6 }
const read = (xs: ReadonlyArray<T>) => xs.map((x) => Tensor.read(x))

const message = (f: () => unknown): string => {
  try {
    f()
    return "nothing"
  } catch (error) {
    return (error as Error).message
  }
}

/** The engine, one by one, reading and Reference agree on a function of some arrays. */
const agree = (f: (...xs: ReadonlyArray<T>) => ReadonlyArray<T>, inputs: ReadonlyArray<T>) => {
  const given = read(inputs)
  const program = Program.trace((...xs) => f(...(xs as ReadonlyArray<T>)), given)
  Program.check(program)
  const compiled = whole("portable", program, given)
  expectSame(compiled, oneByOne("portable", program, given))
  expectSame(compiled, read(f(...given)))
  for (const [i, x] of Reference.run(program, given).entries()) assertAllClose(compiled[i] as T, x, close)
  return compiled
}

const w = Tensor.read(Key.normal(Key.make(1), [3, 3]))
const x = Tensor.read(Key.normal(Key.make(2), [2, 3]))

describe("cond", () => {
  const choose = (p: T, x: T, w: T) =>
    Tensor.cond(
      p,
      (x: T, w: T) => ({ y: Tensor.tanh(Tensor.matmul(x, w)), n: Tensor.full([2], 7, "i32") as T }),
      (x, w) => ({ y: Tensor.log(Tensor.mul(x, Tensor.sum(w))), n: Tensor.cast(Tensor.sum(x, { axes: [1] }), "i32") }),
      x,
      w,
    )

  test("gives what the branch gives that is taken, of any dtype, with its gradients alone", () => {
    const f = (p: T, x: T, w: T): ReadonlyArray<T> => {
      const { n, y } = choose(p, x, w)
      const grad = Autodiff.grad(([x, w]: readonly [T, T]) => Tensor.sum(Tensor.square(choose(p, x, w).y)))([x, w] as const)
      return [y, n, ...grad]
    }
    const [y, n, ...grads] = agree(f, [yes, x, w])
    expectSame([y as never], read([Tensor.tanh(Tensor.matmul(x, w))]))
    expect(Tensor.toArray(n as never)).toEqual([7, 7])
    // The logarithm of the other branch is not finite, nor would its gradient be.
    expect(grads.every((grad) => [...grad.data].every(Number.isFinite))).toBe(true)
    const positive = Tensor.read(Tensor.add(Tensor.abs(x), 1))
    const others = agree(f, [no, positive, Tensor.read(Tensor.abs(w))])
    expect(Tensor.toArray(others[1] as never)).toEqual(Tensor.toArray(Tensor.cast(Tensor.sum(positive, { axes: [1] }), "i32")))
  })

  test("has derivatives by finite differences, twice, on either side", () => {
    const f = ([x, w]: readonly [T, T]): T =>
      Tensor.sum(
        Tensor.cond(
          Tensor.greater(Tensor.sum(x), 0),
          () => Tensor.sin(Tensor.matmul(x, w)),
          () => Tensor.matmul(Tensor.exp(x), Tensor.square(w)),
        ),
      )
    for (const of of [x, Tensor.read(Tensor.neg(x))])
      expect(() => checkGrads(f, [of, w] as const, { order: 2, rtol: 1e-4 })).not.toThrow()
  })

  test("computes what its branches compute with tensors from outside only when it is taken", () => {
    const zero = Tensor.read(Tensor.zeros([3]))
    const f = (x: T): T =>
      Tensor.sum(
        Tensor.cond(
          Tensor.greater(Tensor.max(x), 0),
          () => Tensor.log(x),
          () => Tensor.mul(x, 2),
        ),
      )
    expect(Tensor.toArray(Autodiff.grad(f)(zero))).toEqual([2, 2, 2])
    const both = Tensor.stack([zero, Tensor.ones([3])])
    expect(Tensor.toArray(Transform.vmap(Autodiff.grad(f))(both))).toEqual([
      [2, 2, 2],
      [1, 1, 1],
    ])
  })

  test("is a choice of each sample in vmap, in either order with gradients", () => {
    const ps = Tensor.make([true, false, true])
    const xs = Tensor.read(Tensor.add(Tensor.abs(Key.normal(Key.make(3), [3, 2, 3])), 0.5))
    const positive = Tensor.read(Tensor.abs(w))
    const cost = (p: T, x: T): T => {
      const { n, y } = choose(p, x, positive)
      return Tensor.add(Tensor.sum(y), Tensor.sum(Tensor.cast(n, "f32")))
    }
    const slope = (p: T, x: T): T => Autodiff.grad((x: T) => cost(p, x))(x)
    const looped = (f: typeof cost): T => Tensor.stack([0, 1, 2].map((i) => f(Tensor.at(ps, i), Tensor.at(xs, i))))
    for (const f of [cost, slope]) assertAllClose(Transform.vmap(f)(ps, xs), looped(f), close)
    assertAllClose(Autodiff.grad((xs: T) => Tensor.sum(Transform.vmap(cost)(ps, xs)))(xs), looped(slope), close)
    assertAllClose(
      Transform.vmap(cost, { in: [null, 0] })(yes, xs),
      looped((_, x) => cost(yes, x)),
      close,
    )
  })

  test("of random programs gives what the taken one gives", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 5 }), fc.boolean(), ({ inputs, program }, p) => {
        const f = (xs: ReadonlyArray<T>): ReadonlyArray<T> => inline(program, xs)
        const other = (xs: ReadonlyArray<T>): ReadonlyArray<T> => f(xs).map(Tensor.zerosLike)
        const pulled = (g: typeof f): ReadonlyArray<T> => {
          const { pull, value } = Autodiff.vjp(g, inputs as ReadonlyArray<T>)
          return [...value, ...pull(value.map((x) => (x.dtype === "f32" ? Tensor.onesLike(x) : Tensor.zerosLike(x))))]
        }
        const got = pulled((xs) => Tensor.cond(p ? yes : no, f, other, xs))
        const wanted = pulled(p ? f : other)
        for (const [i, x] of got.entries()) assertAllClose(x, wanted[i] as T, { rtol: 1e-9, atol: 1e-9 })
      }),
      { numRuns: caseCount(60) },
    )
  })
})

describe("whileLoop", () => {
  interface Carry {
    readonly n: T
    readonly x: T
  }
  const halved = (x: T, w: T, maxSteps?: number): Carry =>
    Tensor.whileLoop(
      ({ n, x }: Carry) => Tensor.and(Tensor.greater(Tensor.norm(x), 0.5), Tensor.less(n, 50)),
      ({ n, x }) => ({ n: Tensor.add(n, 1), x: Tensor.mul(Tensor.tanh(Tensor.matmul(x, w)), 0.7) }),
      { n: Tensor.scalar(0, "i32") as T, x },
      maxSteps === undefined ? {} : { maxSteps },
    )
  const start = Tensor.read(Tensor.mul(x, 3))
  /** The rounds of a plain loop. */
  const plain = (start: T, w: T): readonly [T, number] => {
    let [y, n] = [start, 0]
    for (; Tensor.toNumber(Tensor.norm(y)) > 0.5 && n < 50; n++)
      y = Tensor.read(Tensor.mul(Tensor.tanh(Tensor.matmul(y, w)), 0.7))
    return [y, n]
  }

  test("has the bits of a plain loop, with a bound or without", () => {
    const [y, n] = plain(start, w)
    expect(n).toBeGreaterThan(1)
    for (const most of [undefined, 20, 50]) {
      const [carry, count] = agree(
        (x, w) => Object.values(halved(x as T, w as T, most)).reverse() as ReadonlyArray<T>,
        [start, w],
      )
      expectSame([carry as never], read([y]))
      expect(Tensor.toNumber(count as never)).toBe(n)
    }
    expect(Tensor.toNumber(halved(start, w, 1).n)).toBe(1)
    expect(Tensor.toNumber(halved(start, w, 0).n)).toBe(0)
    expect(Tensor.toNumber(halved(Tensor.zerosLike(start), w).n)).toBe(0)
  })

  test("with a bound has the derivatives of its rounds", () => {
    const [, n] = plain(start, w)
    const unrolled = ([x, w]: readonly [T, T]): T => {
      let y = x
      for (let i = 0; i < n; i++) y = Tensor.mul(Tensor.tanh(Tensor.matmul(y, w)), 0.7)
      return Tensor.sum(Tensor.square(y))
    }
    const cost = ([x, w]: readonly [T, T]): T => Tensor.sum(Tensor.square(halved(x, w, 20).x))
    const wanted = Autodiff.grad(unrolled)([start, w] as const)
    for (const [i, x] of Autodiff.grad(cost)([start, w] as const).entries()) assertAllClose(x, wanted[i] as T, close)
    agree((x, w) => Autodiff.grad(cost)([x as T, w as T] as const), [start, w])
    expect(() => checkGrads(cost, [start, w] as const, { order: 2, rtol: 1e-4 })).not.toThrow()
  })

  test("runs each sample as long as it needs in vmap, in either order with gradients", () => {
    const xs = Tensor.read(Tensor.stack([start, Tensor.mul(start, 0.2), Tensor.zerosLike(start)]))
    const f = (x: T, w: T): T => {
      const { n, x: y } = halved(x, w, 20)
      return Tensor.add(Tensor.sum(Tensor.square(y)), Tensor.cast(n, "f32"))
    }
    const slope = (x: T, w: T): T => Autodiff.grad((w: T) => f(x, w))(w)
    const looped = (f: (x: T, w: T) => T): T => Tensor.stack([0, 1, 2].map((i) => f(Tensor.at(xs, i), w)))
    for (const g of [f, slope]) assertAllClose(Transform.vmap(g, { in: [0, null] })(xs, w), looped(g), close)
    assertAllClose(
      Autodiff.grad((w: T) => Tensor.sum(Transform.vmap((x: T) => f(x, w))(xs)))(w),
      Tensor.sum(looped(slope), { axes: [0] }),
      close,
    )
    agree((xs, w) => [Transform.vmap(slope, { in: [0, null] })(xs as T, w as T)], [xs, w])
  })

  test("goes into branches, and branches into it", () => {
    const collatz = (start: T): T =>
      Tensor.whileLoop(
        ({ n }: Carry) => Tensor.notEqual(n, 1),
        ({ n, x }) => ({
          n: Tensor.cond(
            Tensor.equal(Tensor.rem(n, 2), 0),
            (n: T) => Tensor.quotient(n, 2),
            (n) => Tensor.add(Tensor.mul(n, 3), 1),
            n,
          ),
          x: Tensor.add(x, 1),
        }),
        { n: start, x: Tensor.scalar(0) as T },
      ).x
    expect(Tensor.toNumber(agree((n) => [collatz(n as T)], [Tensor.scalar(27, "i32")])[0] as never)).toBe(111)
    expect(Tensor.toArray(Transform.vmap(collatz)(Tensor.make([1, 6, 27], "i32")))).toEqual([0, 8, 111])
    const either = (p: T): T =>
      Tensor.cond(
        p,
        () => halved(start, w, 5).n,
        () => Tensor.scalar(-1, "i32") as T,
      )
    expect(Tensor.toArray(Tensor.stack([either(yes), either(no)]))).toEqual([Math.min(5, plain(start, w)[1]), -1])
  })

  test("refuses what cannot be", () => {
    expect([
      message(() =>
        Tensor.cond(
          Tensor.make([true]),
          () => x,
          () => x,
        ),
      ),
      message(() =>
        Tensor.cond(
          yes,
          () => ({ y: x }),
          () => ({ y: w }),
        ),
      ),
      message(() =>
        Tensor.whileLoop(
          () => x,
          (x) => x,
          x,
        ),
      ),
      message(() =>
        Tensor.whileLoop(
          () => yes,
          () => w,
          x,
        ),
      ),
      message(() =>
        Tensor.whileLoop(
          () => yes,
          (x) => x,
          x,
          { maxSteps: -1 },
        ),
      ),
      message(() => Autodiff.grad((w: T) => Tensor.sum(halved(start, w).x))(w)),
    ]).toMatchInlineSnapshot(`
      [
        "cond got bool[1]; it wants one bool as its predicate. Try: Tensor.where to choose element by element, or Tensor.all",
        "cond wants a second branch with results like the first: y was f32[2, 3] and became f32[3, 3]. Try: Tensor.cast or Tensor.reshape them",
        "whileLoop got f32[2, 3]; it wants a condition of one bool. Try: Tensor.any or Tensor.all of several",
        "whileLoop wants a carry like the first: it was f32[2, 3] and became f32[3, 3]. Try: return every part of the carry as it came in",
        "whileLoop wants a whole number of rounds from 0 to 2147483646 as maxSteps, not -1. Try: maxSteps: 100",
        "whileLoop wants a bound on its rounds to be differentiated: the carry of each one is kept. Try: maxSteps: 100 as its last option",
      ]
    `)
  })
})
