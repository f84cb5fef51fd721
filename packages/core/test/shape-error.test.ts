/** Typical mistakes, and the words they are answered with: the operation, what it got, what it wants, what to try. */
import { describe, expect, test } from "vitest"
import { trace } from "../src/language/Program.ts"
import * as Reference from "../src/reference/Reference.ts"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { grad, vjp } from "../src/transform/Autodiff.ts"
import type * as Shape from "../src/types/Shape.ts"
import { ShapeError } from "../src/types/ShapeError.ts"

type Mistakes = Readonly<Record<string, () => unknown>>

/** Zeros whose shape the compiler does not know. */
const zeros = (...shape: Shape.Shape): T.Tensor => T.zeros(shape)

const scalar = { dtype: "f32", shape: [] } as const

const messages = (mistakes: Mistakes): string =>
  Object.entries(mistakes)
    .map(([name, mistake]) => {
      try {
        mistake()
      } catch (error) {
        if (!(error instanceof ShapeError)) throw error
        expect(error.operation).not.toBe("")
        expect(error.wanted).not.toMatch(/undefined|\bnull\b/)
        expect(error.hint).not.toBe("")
        return `${name}\n  ${error.message}`
      }
      throw new Error(`${name} was accepted`)
    })
    .join("\n")

describe("mistakes with", () => {
  test("products", () => {
    const mistakes: Mistakes = {
      "the two swapped": () => T.matmul(zeros(784, 128), zeros(64, 784)),
      "weights lying the other way": () => T.matmul(zeros(64, 784), zeros(128, 784)),
      "inputs lying the other way": () => T.matmul(zeros(784, 64), zeros(784, 128)),
      "layers that do not meet": () => T.matmul(zeros(64, 100), zeros(128, 10)),
      "a scalar": () => T.matmul(zeros(2, 2), T.scalar(2)),
      batches: () => T.matmul(zeros(3, 2, 2), zeros(4, 2, 2)),
    }
    expect(messages(mistakes)).toMatchInlineSnapshot(`
      "the two swapped
        matmul got f32[784, 128] and f32[64, 784]; it wants as many columns in the first (128) as rows in the second (64). Try: swap the two
      weights lying the other way
        matmul got f32[64, 784] and f32[128, 784]; it wants as many columns in the first (784) as rows in the second (128). Try: transpose the second
      inputs lying the other way
        matmul got f32[784, 64] and f32[784, 128]; it wants as many columns in the first (64) as rows in the second (784). Try: transpose the first
      layers that do not meet
        matmul got f32[64, 100] and f32[128, 10]; it wants as many columns in the first (100) as rows in the second (128). Try: check the sizes of the layer before
      a scalar
        matmul got f32[2, 2] and f32[]; it wants vectors or matrices. Try: Tensor.mul multiplies by a scalar
      batches
        matmul got f32[3, 2, 2] and f32[4, 2, 2]; it wants batch axes that stretch to one shape. Try: make sizes before the last two equal or 1"
    `)
  })

  test("shapes that should stretch", () => {
    const mistakes: Mistakes = {
      "a bias along the rows": () => T.add(zeros(64, 10), zeros(64)),
      "a bias of another width": () => T.sub(zeros(64, 10), zeros(12)),
      "stretching down": () => T.broadcastTo(zeros(3, 4), [4]),
      "a choice of three shapes": () => T.where(T.make([true, false]), zeros(3), 0),
      "the larger of two shapes": () => T.maximum(zeros(2), zeros(3)),
      "a question of two shapes": () => T.greater(zeros(2), zeros(3)),
    }
    expect(messages(mistakes)).toMatchInlineSnapshot(`
      "a bias along the rows
        add got f32[64, 10] and f32[64]; it wants shapes that stretch to one. Try: sizes are compared from the last axis: reshape [64] to [64, 1]
      a bias of another width
        sub got f32[64, 10] and f32[12]; it wants shapes that stretch to one. Try: make sizes equal or 1, compared from the last axis
      stretching down
        broadcastTo got f32[3, 4]; it wants a shape that stretches to [4]. Try: sizes equal or 1, compared from the last axis
      a choice of three shapes
        where got bool[2] and f32[3] and f32[]; it wants shapes that stretch to one. Try: make sizes equal or 1, compared from the last axis
      the larger of two shapes
        maximum got f32[2] and f32[3]; it wants shapes that stretch to one. Try: make sizes equal or 1, compared from the last axis
      a question of two shapes
        greater got f32[2] and f32[3]; it wants shapes that stretch to one. Try: make sizes equal or 1, compared from the last axis"
    `)
  })

  test("kinds", () => {
    const mistakes: Mistakes = {
      "floats and whole numbers": () => T.add(zeros(3), T.range(3)),
      "whole numbers and bytes": () => T.equal(T.range(3), T.make([1, 2, 3], "u8")),
      "the exponential of whole numbers": () => T.exp(T.range(3)),
      "an image of bytes": () => T.conv(T.zeros([1, 28, 28, 1], "u8"), zeros(3, 3, 1, 8)),
      "the sum of bools": () => T.sum(T.make([true, false])),
      "the mean of whole numbers": () => T.mean(T.range(4)),
      "half beside whole numbers": () => T.add(T.range(3), 0.5),
      "2 beside bools": () => T.equal(T.make([true]), 2),
      "a condition that is none": () => T.where(zeros(3), 1, 0),
      "a byte too large": () => T.make([0, 256], "u8"),
      "padding bools with 2": () => T.pad(T.make([true]), [[1, 1]], 2),
    }
    expect(messages(mistakes)).toMatchInlineSnapshot(`
      "floats and whole numbers
        add got f32[3] and i32[3]; it wants both of one dtype. Try: Tensor.cast the second to f32
      whole numbers and bytes
        equal got i32[3] and u8[3]; it wants both of one dtype. Try: Tensor.cast the first to u8, or the second to i32
      the exponential of whole numbers
        exp got i32[3]; it wants f32 elements. Try: Tensor.cast(x, "f32")
      an image of bytes
        conv got u8[1, 28, 28, 1] and f32[3, 3, 1, 8]; it wants f32 elements. Try: Tensor.cast(x, "f32")
      the sum of bools
        sum got bool[2]; it wants f32 or i32 elements. Try: Tensor.cast(x, "f32")
      the mean of whole numbers
        mean got i32[4]; it wants f32 elements. Try: Tensor.mean(Tensor.cast(x, "f32"))
      half beside whole numbers
        add got i32[3]; it wants a whole number from -2147483648 to 2147483647 beside i32 elements, not 0.5. Try: Tensor.cast(x, "f32")
      2 beside bools
        equal got bool[1]; it wants 0 or 1 beside bool elements, not 2. Try: 1 or 0, or the bool itself
      a condition that is none
        where got f32[3] and f32[3] and f32[3]; it wants a bool first. Try: compare: Tensor.greater(x, 0)
      a byte too large
        make got u8[2]; it wants a whole number from 0 to 255, not 256. Try: Tensor.cast(Tensor.make(x), "u8")
      padding bools with 2
        pad got bool[1]; it wants 0 or 1 to pad with, not 2. Try: Tensor.cast the array first"
    `)
  })

  test("sizes and axes", () => {
    const mistakes: Mistakes = {
      "another count": () => T.reshape(zeros(2, 3), [4, 2]),
      "an open size that does not come out": () => T.reshape(zeros(2, 3), [-1, 4]),
      "two open sizes": () => T.reshape(zeros(2, 3), [-1, -1]),
      "an axis that is not there": () => T.sum(zeros(3, 4), { axes: 2 }),
      "an axis of a scalar": () => T.max(T.scalar(1), { axes: 0 }),
      "an axis twice": () => T.sum(zeros(3, 4), { axes: [0, -2] }),
      "an axis left out": () => T.transpose(zeros(2, 3, 4), [0, 1]),
      "the largest of nothing": () => T.max(zeros(0)),
      "a negative size": () => T.zeros([-1]),
      "a size too large": () => T.ones([1e6, 1e6]),
      "uneven lists": () => T.make([[1, 2], [3]]),
      "joined where they differ": () => T.concat([zeros(2, 3), zeros(2, 4)]),
      "stacked though they differ": () => T.stack([zeros(2), zeros(3)]),
      "nothing to join": () => T.concat([]),
      "parts that do not add up": () => T.split(zeros(5), [2, 2]),
      "squeezing a longer axis": () => T.squeeze(zeros(2, 3), [0]),
      "negative padding": () => T.pad(zeros(3), [[-1, 0]]),
      "several numbers as one": () => T.toNumber(zeros(3)),
    }
    expect(messages(mistakes)).toMatchInlineSnapshot(`
      "another count
        reshape got f32[2, 3]; it wants as many elements as [4, 2] has (8). Try: sizes that multiply to 6
      an open size that does not come out
        reshape got f32[2, 3]; it wants a shape that 6 elements fill, not [-1, 4]. Try: sizes besides -1 whose product divides 6
      two open sizes
        reshape got f32[2, 3]; it wants a shape that 6 elements fill, not [-1, -1]. Try: -1 in one place only
      an axis that is not there
        sum got f32[3, 4]; it wants an axis from -2 to 1, not 2. Try: axes are counted from 0, or with -1 from the last
      an axis of a scalar
        max got f32[]; it wants no axis, since a scalar has none. Try: leave the axis out
      an axis twice
        sum got f32[3, 4]; it wants distinct axes of the array, not [0, 0]. Try: axes from 0 to 1, each once
      an axis left out
        transpose got f32[2, 3, 4]; it wants each axis once, not [0, 1]. Try: an order of the axes 0 to 2
      the largest of nothing
        max got f32[0]; it wants at least one element along each reduced axis. Try: an empty array has no largest or smallest element
      a negative size
        zeros got f32[-1]; it wants whole sizes, and less than 2³¹ elements. Try: check the shape's numbers
      a size too large
        ones got f32[1000000, 1000000]; it wants whole sizes, and less than 2³¹ elements. Try: check the shape's numbers
      uneven lists
        make got f32[2, 2]; it wants lists of one length at each depth. Try: look at the lists around element 2
      joined where they differ
        concat got f32[2, 3] and f32[2, 4]; it wants shapes that agree except in axis 0. Try: slice, pad or reshape the one that differs
      stacked though they differ
        stack got f32[2] and f32[3]; it wants arrays of one shape. Try: Tensor.concat joins along an axis they have
      nothing to join
        concat wants at least one array. Try: give it a list that is not empty
      parts that do not add up
        split got f32[5]; it wants whole sizes that add up to 5, not [2, 2]. Try: check the sizes
      squeezing a longer axis
        squeeze got f32[2, 3]; it wants axes of size 1. Try: Tensor.at picks one element of a longer axis
      negative padding
        pad got f32[3]; it wants a padding on each side of its axis, none negative. Try: slice to take elements away
      several numbers as one
        toNumber got f32[3]; it wants one element. Try: Tensor.toArray"
    `)
  })

  test("subscripts", () => {
    const mistakes: Mistakes = {
      "an index outside": () => T.at(zeros(3, 4), 0, 4),
      "an index outside in a list": () => T.at(zeros(3, 4), [0, 3]),
      "a row outside": () => T.take(zeros(3, 4), [5]),
      "an index into nothing": () => T.at(zeros(0), 0),
      "too many": () => T.at(zeros(3), 0, 0),
      "two that stand for the rest": () => T.at(zeros(3), "...", "..."),
      "a range that is none": () => T.at(zeros(3), "1-2"),
      "steps of 0": () => T.at(zeros(3), "::0"),
      "a mask": () => T.at(zeros(3), T.make([true, false, true])),
      "indices that are floats": () => T.take(zeros(3), T.make([0, 1])),
      "lists of two lengths": () => T.at(zeros(3, 4), [0, 1, 2], [0, 1]),
      "labels of another batch": () => T.pick(zeros(4, 3), T.zeros([5], "i32")),
      "more than there are": () => T.topK(zeros(3), 4),
    }
    expect(messages(mistakes)).toMatchInlineSnapshot(`
      "an index outside
        at got f32[3, 4]; it wants an index from -4 to 3 on axis 1, not 4. Try: "from:to" for a range, which may reach past the end
      an index outside in a list
        at got f32[3, 4]; it wants indices from -3 to 2 on axis 0, not 3. Try: check the size first
      a row outside
        take got f32[3, 4]; it wants indices from -3 to 2 on axis 0, not 5. Try: check the size first
      an index into nothing
        at got f32[0]; it wants no index on axis 0, which is empty. Try: "from:to" for a range, which may reach past the end
      too many
        at got f32[3]; it wants a subscript for each axis at most, which is 1, not 2. Try: null adds an axis
      two that stand for the rest
        at got f32[3]; it wants one "...". Try: leave the others out
      a range that is none
        at got f32[3]; it wants a range like "1:-1" or "::2", not "1-2". Try: from:to:step, each may be left out
      steps of 0
        at got f32[3]; it wants a step other than 0. Try: "::1"
      a mask
        at got f32[3] and bool[3]; it wants i32 indices. Try: Tensor.cast(which, "i32"); a bool mask has no fixed size: Tensor.where
      indices that are floats
        take got f32[3] and f32[2]; it wants i32 indices. Try: Tensor.cast(which, "i32"); a bool mask has no fixed size: Tensor.where
      lists of two lengths
        at got f32[3, 4] and i32[3] and i32[2]; it wants lists that stretch to one shape. Try: one subscript after the other to pick along each axis by itself: Tensor.at(Tensor.at(x, a), ":", b)
      labels of another batch
        pick got f32[4, 3] and i32[5]; it wants one index for each row. Try: indices of the shape without the last axis
      more than there are
        topK got f32[3]; it wants k from 0 to 3, not 4. Try: a smaller k"
    `)
  })

  test("windows", () => {
    const mistakes: Mistakes = {
      "a kernel for other channels": () => T.conv(zeros(1, 28, 28, 3), zeros(3, 3, 1, 8)),
      "groups that do not divide the channels": () => T.conv(zeros(1, 8, 8, 3), zeros(3, 3, 1, 8), { groups: 2 }),
      "a kernel for other groups": () => T.conv(zeros(1, 8, 8, 4), zeros(3, 3, 4, 8), { groups: 2 }),
      "filters that do not divide": () => T.conv(zeros(1, 8, 8, 4), zeros(3, 3, 2, 3), { groups: 2 }),
      "a kernel larger than the image": () => T.conv(zeros(1, 2, 2, 1), zeros(3, 3, 1, 1)),
      "an image without channels": () => T.conv(zeros(28, 28), zeros(3, 3, 1, 1)),
      "a kernel of another rank": () => T.conv(zeros(1, 8, 8, 4), zeros(3, 4, 3)),
      "a window larger than the image": () => T.maxPool(zeros(1, 3, 3, 1), { window: 4 }),
      "a stride for another rank": () => T.maxPool(zeros(1, 4, 4, 1), { window: 2, stride: [2] }),
      "windows over an empty axis": () => T.maxPool(zeros(1, 0, 1), { window: 2, pad: [[1, 1]] }),
      "windows over padding alone": () =>
        T.avgPool(zeros(1, 4, 4, 1), {
          window: 2,
          pad: [
            [2, 0],
            [0, 0],
          ],
        }),
    }
    expect(messages(mistakes)).toMatchInlineSnapshot(`
      "a kernel for other channels
        conv got f32[1, 28, 28, 3] and f32[3, 3, 1, 8]; it wants a kernel for 3 channels, not 1. Try: a kernel of [3, 3, 3, 8]
      groups that do not divide the channels
        conv got f32[1, 8, 8, 3] and f32[3, 3, 1, 8]; it wants channels in 2 equal groups, not 3. Try: groups that divide the channels, or 1
      a kernel for other groups
        conv got f32[1, 8, 8, 4] and f32[3, 3, 4, 8]; it wants a kernel for 4 channels in 2 groups of 2, not of 4. Try: a kernel of [3, 3, 2, 8]
      filters that do not divide
        conv got f32[1, 8, 8, 4] and f32[3, 3, 2, 3]; it wants filters in 2 equal groups, not 3. Try: filters divisible by the groups
      a kernel larger than the image
        conv got f32[1, 2, 2, 1] and f32[3, 3, 1, 1]; it wants at least 3 elements along spatial axis 0 for a window of 3, not 2. Try: a smaller window, or more padding (same)
      an image without channels
        conv got f32[28, 28] and f32[3, 3, 1, 1]; it wants [batch, …space, channels], with at least one spatial axis. Try: reshape to add the axis that is missing
      a kernel of another rank
        conv got f32[1, 8, 8, 4] and f32[3, 4, 3]; it wants a kernel [...window, channels / groups, filters] of the input's rank. Try: reshape it first
      a window larger than the image
        maxPool got f32[1, 3, 3, 1]; it wants at least 4 elements along spatial axis 0 for a window of 4, not 3. Try: a smaller window, or more padding (same)
      a stride for another rank
        maxPool got f32[1, 4, 4, 1]; it wants a stride of 2 whole numbers above 0, not [2]. Try: give one for each spatial axis
      windows over an empty axis
        maxPool got f32[1, 0, 1]; it wants at least one element along each spatial axis. Try: a window over padding alone would hold nothing
      windows over padding alone
        avgPool got f32[1, 4, 4, 1]; it wants padding smaller than the window. Try: a window over padding alone would hold nothing"
    `)
  })

  test("functions of tensors", () => {
    const mistakes: Mistakes = {
      "reading inside a trace": () => trace((x) => [T.scalar(T.toNumber(x))], [scalar]),
      "an argument of another trace": () =>
        trace((x) => [T.scalar(trace((y) => [T.add(x, y)], [scalar]).equations.length)], [scalar]),
      "other arrays than it was traced for": () =>
        Reference.run(
          trace((x) => [x], [scalar]),
          [T.make([1])],
        ),
      "a gradient of many numbers": () => grad((x: T.Tensor) => T.square(x))(zeros(3)),
      "a cotangent of another shape": () => vjp((x) => T.square(x), zeros(3)).pull(T.scalar(1)),
      "a carry that grows": () =>
        T.scan((c: T.Tensor, x: T.Tensor) => ({ carry: T.concat([c, T.reshape(x, [1])]), kept: [] }), zeros(1), zeros(3)),
      "a carry with a part left out": () =>
        T.scan(
          (c: Readonly<Record<string, T.Tensor>>) => ({ carry: { a: c.a ?? zeros() }, kept: [] }),
          { a: zeros(), b: zeros() },
          zeros(3),
        ),
      "sequences of two lengths": () =>
        T.scan((c: T.Tensor, _: readonly [T.Tensor, T.Tensor]) => ({ carry: c, kept: [] }), zeros(), [zeros(3), zeros(4)]),
      "a loop over nothing": () => T.scan((c: T.Tensor) => ({ carry: c, kept: [] }), zeros(), []),
      "a carry of another kind": () =>
        T.scan((c: T.Tensor, i: T.Tensor) => ({ carry: T.cast(c, "i32"), kept: i }), zeros(), T.range(3)),
      "a key that is none": () => Key.normal(T.zeros([3], "i32"), [2]),
      "a seed that is none": () => Key.make(-1),
      "a key folded with a fraction": () => Key.fold(Key.make(1), 0.5),
    }
    expect(messages(mistakes)).toMatchInlineSnapshot(`
      "reading inside a trace
        read got f32[]; it wants numbers, and inside a traced function a tensor has only a shape. Try: Tensor.where instead of if, or read outside the function
      an argument of another trace
        trace got f32[]; it wants a function that uses its own arguments, not those of another function that is being traced. Try: pass the tensor as an argument
      other arrays than it was traced for
        Reference.run got f32[1]; it wants f32[]. Try: the arrays the program was traced for
      a gradient of many numbers
        grad got f32[3]; it wants a function that gives one f32 number. Try: Tensor.sum or Tensor.mean of it
      a cotangent of another shape
        vjp got f32[]; it wants f32[3]. Try: a tree of the same structure: that of the value for a cotangent, that of the argument for a tangent
      a carry that grows
        scan wants a carry like the first: it was f32[1] and became f32[2]. Try: return growing values as the rows of \`kept\`
      a carry with a part left out
        scan wants a carry like the first: b is missing. Try: return growing values as the rows of \`kept\`
      sequences of two lengths
        scan got f32[3] and f32[4]; it wants sequences of one length, as 3 of the first. Try: Tensor.at(x, "0:n") to cut the longer ones
      a loop over nothing
        scan wants at least one sequence of rows. Try: Tensor.range(n) to run n rounds
      a carry of another kind
        scan wants a carry like the first: it was f32[] and became i32[]. Try: return growing values as the rows of \`kept\`
      a key that is none
        Key got i32[3] and i32[2, 2]; it wants a key of i32[2] first. Try: Key.make(seed)
      a seed that is none
        Key.make wants a whole number that is not negative, not -1. Try: a seed like 17
      a key folded with a fraction
        Key.fold wants a name, or a whole number of 32 bits, not 0.5. Try: fold a name, or fold twice"
    `)
  })
})

test("a ShapeError holds the parts of its message", () => {
  expect.assertions(1)
  try {
    T.matmul(zeros(2, 3), T.range(3))
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    const { _tag, got, hint, operation, wanted } = error
    expect({ _tag, got, hint, operation, wanted }).toEqual({
      _tag: "ShapeError",
      operation: "matmul",
      got: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "i32", shape: [3, 1] },
      ],
      wanted: "both of one dtype",
      hint: "Tensor.cast the second to f32",
    })
  }
})
