/**
 * Modules of the assembler as text, so that generated code can be read. It knows the instructions of `opcodes.ts` and no
 * others.
 */
import { effects, type Immediate, type Instruction, structure, typeCodes, type ValueType, values } from "./opcodes.ts"

/** Reads the binary format from front to back. */
class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  u8(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new RangeError("the module ends in the middle of something")
    return byte
  }

  #leb(): { readonly value: bigint; readonly bits: number } {
    let value = 0n
    let bits = 0
    for (;;) {
      const byte = this.u8()
      value |= BigInt(byte & 0x7f) << BigInt(bits)
      bits += 7
      if (byte < 0x80) return { value, bits }
    }
  }

  u32(): number {
    return Number(this.#leb().value)
  }

  signed(): bigint {
    const { value, bits } = this.#leb()
    return BigInt.asIntN(bits, value)
  }

  take(length: number): Uint8Array {
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.u32()))
  }

  list<A>(read: () => A): ReadonlyArray<A> {
    return Array.from({ length: this.u32() }, read)
  }

  /** A code with its prefix byte in the upper half, as in the tables. */
  code(): number {
    const byte = this.u8()
    return byte < 0xfc ? byte : (byte << 16) | this.u32()
  }
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const typeNames = new Map(Object.entries(typeCodes).map(([name, code]) => [code, name as ValueType]))
const typeName = (code: number): string => typeNames.get(code) ?? `type ${code}`

const offset = (reader: Reader): string => {
  reader.u32()
  const bytes = reader.u32()
  return bytes === 0 ? "" : ` offset=${bytes}`
}

/** What stands after the code of an instruction of the tables. */
const immediates: { readonly [I in Immediate]: (reader: Reader) => string } = {
  none: () => "",
  memory: offset,
  lane: (reader) => ` ${reader.u8()}`,
  memoryLane: (reader) => `${offset(reader)} ${reader.u8()}`,
  shuffle: (reader) => ` ${reader.take(16).join(" ")}`,
  zero: (reader) => {
    reader.u8()
    return ""
  },
  zeros: (reader) => {
    reader.take(2)
    return ""
  },
}

const index = (reader: Reader): string => ` ${reader.u32()}`
const blockType = (reader: Reader): string => {
  reader.u8()
  return ""
}

/** A vector constant reads best as floats where they are numbers a person would write. */
const vector = (bytes: Uint8Array): string => {
  const floats = Array.from({ length: 4 }, (_, lane) => view(bytes).getFloat32(4 * lane, true))
  const plain = floats.every((x) => x === 0 || (Math.abs(x) > 1e-30 && Math.abs(x) < 1e30))
  if (!plain) return ` i32x4 ${floats.map((_, lane) => view(bytes).getInt32(4 * lane, true)).join(" ")}`
  return ` f32x4 ${floats.map((x) => (Object.is(x, -0) ? "-0" : x)).join(" ")}`
}

const structural: { readonly [S in keyof typeof structure]: (reader: Reader) => string } = {
  unreachable: () => "",
  block: blockType,
  loop: blockType,
  if: blockType,
  else: () => "",
  end: () => "",
  br: index,
  br_if: index,
  br_table: (reader) => ` ${reader.list(() => reader.u32()).join(" ")}${index(reader)}`,
  return: () => "",
  call: index,
  drop: () => "",
  select: () => "",
  "local.get": index,
  "local.set": index,
  "local.tee": index,
  "global.get": index,
  "i32.const": (reader) => ` ${reader.signed()}`,
  "i64.const": (reader) => ` ${reader.signed()}`,
  "f32.const": (reader) => ` ${view(reader.take(4)).getFloat32(0, true)}`,
  "f64.const": (reader) => ` ${view(reader.take(8)).getFloat64(0, true)}`,
  "v128.const": (reader) => vector(reader.take(16)),
}

interface Printed {
  readonly name: string
  readonly immediate: (reader: Reader) => string
}

const rows = (table: typeof values | typeof effects): ReadonlyArray<readonly [number, Printed]> =>
  Object.entries(table).flatMap(([family, instructions]) =>
    Object.entries(instructions as Readonly<Record<string, Instruction>>).map(
      ([name, { code, immediate }]) => [code, { name: `${family}.${name}`, immediate: immediates[immediate] }] as const,
    ),
  )

const byCode: ReadonlyMap<number, Printed> = new Map([
  ...rows(values),
  ...rows(effects),
  ...Object.entries(structure).map(
    ([name, code]) => [code, { name, immediate: structural[name as keyof typeof structure] }] as const,
  ),
])

const opens = new Set(["block", "loop", "if", "else"])
const closes = new Set(["else", "end"])

/** The instructions of a function body, one a line, indented by their nesting. */
const instructions = (reader: Reader): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let depth = 1
  while (!reader.isAtEnd) {
    const code = reader.code()
    const printed = byCode.get(code)
    if (printed === undefined) throw new RangeError(`instruction ${code.toString(16)} is not in the tables`)
    if (closes.has(printed.name)) depth--
    // The last end closes the function.
    if (depth > 0) lines.push("  ".repeat(depth) + printed.name + printed.immediate(reader))
    if (opens.has(printed.name)) depth++
  }
  return lines
}

interface FunctionType {
  readonly params: ReadonlyArray<string>
  readonly result: ReadonlyArray<string>
}

const section = { type: 1, import: 2, function: 3, code: 10 } as const

/** The functions a module imports; of other imports only the length matters here. */
const importedFunctions = (reader: Reader): number => {
  const kinds = reader.list(() => {
    reader.name()
    reader.name()
    const kind = reader.u8()
    if (kind === 0) reader.u32()
    else if (kind === 3) reader.take(2)
    else {
      const flags = reader.u8()
      reader.u32()
      if ((flags & 1) === 1) reader.u32()
    }
    return kind
  })
  return kinds.filter((kind) => kind === 0).length
}

/** Names of functions by index, from the custom section that holds them. */
const functionNames = (reader: Reader): ReadonlyMap<number, string> => {
  if (reader.name() !== "name") return new Map()
  reader.take(1)
  reader.u32()
  return new Map(reader.list(() => [reader.u32(), reader.name()] as const))
}

/** The functions of a module, each with its parameters, result, locals and instructions. */
export const disassemble = (module: Uint8Array): string => {
  const reader = new Reader(module, 8)
  const sections = new Map<number, Uint8Array>()
  while (!reader.isAtEnd) sections.set(reader.u8(), reader.take(reader.u32()))
  const open = (id: number): Reader => new Reader(sections.get(id) ?? Uint8Array.of(0))
  const types = open(section.type)
  const signatures = types.list((): FunctionType => {
    types.take(1)
    return { params: types.list(() => typeName(types.u8())), result: types.list(() => typeName(types.u8())) }
  })
  const imported = importedFunctions(open(section.import))
  const names = functionNames(open(0))
  const functions = open(section.function)
  const indices = functions.list(() => functions.u32())
  const code = open(section.code)
  return code
    .list(() => code.take(code.u32()))
    .map((bytes, i) => {
      const { params = [], result = [] } = signatures[indices[i] ?? 0] ?? {}
      const body = new Reader(bytes)
      const locals = body.list(() => [body.u32(), typeName(body.u8())] as const)
      const declared = locals.flatMap(([count, type]) => new Array<string>(count).fill(type))
      const arrow = result.length > 0 ? ` -> ${result.join()}` : ""
      return [
        `${names.get(imported + i) ?? `function ${imported + i}`}(${params.join(", ")})${arrow}`,
        ...(declared.length > 0 ? [`  locals ${declared.join(" ")}`] : []),
        ...instructions(body),
      ].join("\n")
    })
    .join("\n\n")
}
