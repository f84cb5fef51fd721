import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { write } from "../src/language/Expr.ts"
import type { Equation, Program } from "../src/language/Primitive.ts"
import { check, inline, print, specOf, trace } from "../src/language/Program.ts"
import { run } from "../src/reference/Reference.ts"
import * as T from "../src/tensor/Tensor.ts"
import * as Doubles from "../src/testing/doubles.ts"
import { program as programs, programWithInputs } from "../src/testing/programs.ts"
import { grad, jvp, valueAndGrad, vjp } from "../src/transform/Autodiff.ts"
import { equals, type NDArray } from "../src/types/NDArray.ts"
import { ShapeError, type Spec } from "../src/types/ShapeError.ts"

const f32 = (...shape: ReadonlyArray<number>): Spec => ({ dtype: "f32", shape })

const expectSame = (actual: ReadonlyArray<NDArray>, expected: ReadonlyArray<NDArray>): void => {
  expect(actual.length).toBe(expected.length)
  for (const [i, array] of actual.entries()) expect(equals(array, expected[i] as NDArray), `output ${i}`).toBe(true)
}

describe("a random program", () => {
  const any = programWithInputs({ special: true })

  test("passes its check, and its values are what their shape rules say", () => {
    fc.assert(
      fc.property(any, ({ inputs, program }) => {
        check(program)
        const outputs = run(program, inputs)
        program.outputs.forEach((value, i) => {
          expect(outputs[i]?.dtype).toBe(specOf(program, value).dtype)
          expect(outputs[i]?.shape).toEqual(specOf(program, value).shape)
        })
      }),
      { numRuns: 300 },
    )
  })

  test("gives the same bits when run, when written down and read, and when traced again", () => {
    fc.assert(
      fc.property(any, ({ inputs, program }) => {
        const outputs = run(program, inputs)
        expectSame(Doubles.readAll(inline(program, inputs)), outputs)
        const again = trace((...xs) => inline(program, xs), program.inputs)
        check(again)
        expectSame(run(again, inputs), outputs)
      }),
      { numRuns: 300 },
    )
  })

  test("traces to itself: no step is lost, doubled or reordered beyond need", () => {
    fc.assert(
      fc.property(programs(), (program) => {
        const again = trace((...xs) => inline(program, xs), program.inputs)
        const steps = (of: Program) => of.equations.filter(({ primitive }) => primitive !== "identity").length
        expect(steps(again)).toBe(steps(program))
        const third = trace((...xs) => inline(again, xs), again.inputs)
        expect(print(third)).toBe(print(again))
      }),
      { numRuns: 200 },
    )
  })

  test("numbers its constants by the steps that use them, through identities", () => {
    const [b, c] = [T.make([1]), T.make([2])]
    const first = trace(
      (a) => [T.mul(T.rem(b, a as T.Tensor), c), T.neg(write("identity", {}, [c]))],
      [{ dtype: "f32", shape: [1] }],
    )
    const again = trace((...xs) => inline(first, xs), first.inputs)
    expect(print(again)).toBe(print(first))
  })

  test("leaves its inputs and constants as they were", () => {
    fc.assert(
      fc.property(any, ({ inputs, program }) => {
        const arrays = [...inputs, ...program.constants].map(({ data }) => data)
        const before = arrays.map((data) => data.slice())
        run(program, inputs)
        expect(arrays).toEqual(before)
      }),
      { numRuns: 100 },
    )
  })

  test("refuses inputs it was not traced for", () => {
    fc.assert(
      fc.property(programWithInputs(), ({ inputs, program }) => {
        expect(() => run(program, [...inputs, T.scalar(1)])).toThrow(ShapeError)
        expect(() => inline(program, [...inputs, T.scalar(1)])).toThrow(ShapeError)
      }),
      { numRuns: 30 },
    )
  })
})

describe("check refuses a program that was spoiled", () => {
  const spoil = (program: Program, at: number, change: (equation: Equation) => Equation): Program => ({
    ...program,
    equations: program.equations.map((equation, i) => (i === at ? change(equation) : equation)),
  })

  const ways: Readonly<Record<string, (program: Program, i: number) => Program>> = {
    "a value made later": (program, i) =>
      spoil(program, i, (e) => ({ ...e, inputs: e.inputs.map(() => program.inputs.length + program.constants.length + i) })),
    "no such value": (program, i) => spoil(program, i, (e) => ({ ...e, inputs: e.inputs.map(() => -1) })),
    "half a value": (program, i) => spoil(program, i, (e) => ({ ...e, inputs: e.inputs.map(() => 0.5) })),
    "another shape": (program, i) => spoil(program, i, (e) => ({ ...e, out: { ...e.out, shape: [...e.out.shape, 1] } })),
    "another kind": (program, i) =>
      spoil(program, i, (e) => ({ ...e, out: { ...e.out, dtype: e.out.dtype === "u8" ? "f32" : "u8" } })),
    "an input more": (program, i) => spoil(program, i, (e) => ({ ...e, inputs: [...e.inputs, ...e.inputs, 0, 0, 0, 0] })),
  }

  test.each(Object.entries(ways))("%s", (way, change) => {
    const takesAny = new Set(["concat", "scan"])
    fc.assert(
      fc.property(programs(), fc.nat(), (program, choice) => {
        const takers = program.equations.flatMap((e, i) =>
          e.inputs.length > 0 && !(way === "an input more" && takesAny.has(e.primitive)) ? [i] : [],
        )
        fc.pre(takers.length > 0)
        const spoiled = change(program, takers[choice % takers.length] ?? 0)
        expect(() => check(spoiled)).toThrow(ShapeError)
      }),
      { numRuns: 50 },
    )
  })

  const good = trace((x) => [T.exp(x)], [f32(2)])
  const [step] = good.equations as readonly [Equation]

  test.each(["sofmax", "__proto__", "constructor", "toString"])("a primitive called %s", (name) => {
    const named = { ...step, primitive: name } as unknown as Equation
    expect(() => check({ ...good, equations: [named] })).toThrow(/a primitive, not/)
  })

  test("invalid outputs, inputs and constants", () => {
    expect(() => check({ ...good, outputs: [7] })).toThrow(ShapeError)
    expect(() => check({ ...good, inputs: [f32(-2)] })).toThrow(ShapeError)
    const broken = { ...T.make([1, 2, 3]), shape: [2] } as unknown as NDArray
    expect(() => check({ ...good, constants: [broken] })).toThrow(ShapeError)
  })

  test("a step inside a loop", () => {
    const loop = trace(
      (xs) => [T.scan((c: T.Tensor, x: T.Tensor) => ({ carry: T.add(c, x), kept: [] }), T.scalar(0), xs).carry],
      [f32(3)],
    )
    const broken = spoil(loop, 0, (e) => {
      if (!("body" in e.params)) return e
      const { body } = e.params
      return { ...e, params: { ...e.params, body: spoil(body, 0, (inner) => ({ ...inner, inputs: [0, 9] })) } }
    })
    check(loop)
    expect(() => check(broken)).toThrow(ShapeError)
  })
})

test("a loop whose body does not give its carries is refused when it is written down", () => {
  const body = trace((x, y) => [T.add(x, y)], [f32(), f32()])
  const loop = (carries: number) =>
    write("scan", { body, constants: 0, carries, length: 0, reverse: false }, [T.scalar(1), T.scalar(2)])
  expect(() => loop(2)).toThrow(/a body that returns 2 carries, not 1/)
  expect(() => loop(0.5)).toThrow(ShapeError)
  expect(() => loop(-1)).toThrow(ShapeError)
})

describe("tracing", () => {
  test("what a function closes over becomes constants or steps", () => {
    const table = T.make([1, 2])
    const recipe = T.exp(table)
    const value = T.mul(table, 3)
    T.read(value)
    const program = trace((x) => [T.add(T.add(T.mul(x, table), recipe), value)], [f32(2)])
    expect(program.constants.length).toBe(2)
    expect(program.equations.map(({ primitive }) => primitive)).toEqual(["mul", "exp", "add", "add"])
    expectSame(run(program, [T.make([5, 7])]), [Doubles.read(T.add(T.add(T.mul(T.make([5, 7]), table), recipe), value))])
  })

  test("a function may not close over what an enclosing differentiation varies, which would be lost", () => {
    const closing = (x: T.Tensor): T.Tensor =>
      inline(
        trace((y) => [T.mul(T.sin(x), y)], [f32()]),
        [T.mul(x, x)],
      )[0] ?? x
    const handing = (x: T.Tensor): T.Tensor =>
      inline(
        trace((y, z) => [T.mul(T.sin(z), y)], [f32(), f32()]),
        [T.mul(x, x), x],
      )[0] ?? x
    expect(T.toNumber(closing(T.scalar(2)))).toBe(T.toNumber(handing(T.scalar(2))))
    const foreign = /not those of a function that is being differentiated/
    expect(() => grad(closing)(T.scalar(2))).toThrow(foreign)
    expect(() => vjp(closing, T.scalar(2))).toThrow(foreign)
    expect(() => jvp(closing, T.scalar(2), T.scalar(1))).toThrow(foreign)
    expect(() => grad((y: T.Tensor) => grad((x: T.Tensor) => T.mul(x, closing(y)))(T.scalar(1)))(T.scalar(2))).toThrow(foreign)
    expect(Doubles.toNumber(grad(handing)(T.scalar(2)))).toBeCloseTo(4 * Math.sin(2) + 4 * Math.cos(2), 12)
  })

  test("a function may not close over the argument of another trace, and says so", () => {
    const nested = () =>
      trace(
        (x) =>
          inline(
            trace((y) => [T.add(x, y)], [f32()]),
            [x],
          ),
        [f32()],
      )
    expect(nested).toThrow(/not those of another function that is being traced/)
  })

  test("a loop inside a trace may close over its argument", () => {
    const sums = (x: T.Tensor): T.Tensor =>
      T.scan((c: T.Tensor, row: T.Tensor) => ({ carry: T.add(T.mul(c, x), row), kept: [] }), T.scalar(1), T.make([1, 2, 3])).carry
    const program = trace((x) => [sums(x)], [f32()])
    check(program)
    // ((x + 1) · x + 2) · x + 3 at 2
    expect(T.toArray(run(program, [T.scalar(2)])[0] as NDArray)).toBe(19)
  })

  test("gradients, loops and traces nest", () => {
    const f = (w: T.Tensor, xs: T.Tensor): T.Tensor =>
      T.scan(
        (h: T.Tensor, x: T.Tensor) => ({
          carry: T.sub(h, T.mul(0.1, grad((at: T.Tensor) => T.mul(T.sin(T.mul(at, w)), x))(h))),
          kept: h,
        }),
        T.scalar(0.3),
        xs,
      ).carry
    const xs = T.make([0.5, -1, 2])
    const program = trace(
      (w, rows) => [
        valueAndGrad(f)(w, rows).value,
        grad(f)(w, rows),
        jvp((at: T.Tensor) => grad(f)(at, rows), w, T.scalar(1)).tangent,
      ],
      [f32(), f32(3)],
    )
    check(program)
    const w = T.scalar(0.7)
    const h = 1e-5
    const at = (x: number) => Doubles.toNumber(f(T.scalar(x), xs))
    const [value, slope, curvature] = run(program, [w, xs]).map(Doubles.toNumber) as [number, number, number]
    expect(value).toBeCloseTo(at(0.7), 12)
    expect(slope).toBeCloseTo((at(0.7 + h) - at(0.7 - h)) / (2 * h), 8)
    expect(curvature).toBeCloseTo((at(0.7 + 1e-4) - 2 * at(0.7) + at(0.7 - 1e-4)) / 1e-8, 5)
  })

  test("reading inside is refused", () => {
    expect(() => trace((x) => [T.scalar(T.toNumber(x))], [f32()])).toThrow(/only a shape/)
  })

  test("so are arguments of no shape", () => {
    expect(() => trace((x) => [x], [f32(-1)])).toThrow(ShapeError)
    expect(() => trace((x) => [x], [f32(0.5)])).toThrow(ShapeError)
  })

  test("a pulled-back function can be traced with its cotangent as the argument", () => {
    const { pull } = vjp((x: T.Tensor) => T.square(x), T.make([1, 2]))
    const program = trace((u) => [pull(u)], [f32(2)])
    expect(T.toArray(run(program, [T.make([1, 10])])[0] as NDArray)).toEqual([2, 40])
  })
})
