import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Csv from "../src/data/Csv.ts"
import * as Table from "../src/data/Table.ts"
import * as TableColumn from "../src/data/TableColumn.ts"
import { type Cells, cellsOf } from "./table-cells.ts"

const refusal = (source: string | Uint8Array, options?: Csv.Options): string =>
  Result.match(Csv.parse(source, options), {
    onFailure: (error) => error.message,
    onSuccess: (table) => `read ${JSON.stringify(cellsOf(table))}`,
  })

const ok = (source: string | Uint8Array, options?: Csv.Options): Table.Table => Result.getOrThrow(Csv.parse(source, options))

const table = (source: string | Uint8Array, options?: Csv.Options): Cells => cellsOf(ok(source, options))

describe("what RFC 4180 allows is read", () => {
  it("rows under a header, each with its line", () => {
    expect(table("a,b\n1,2\n3,4\n")).toEqual({
      columns: ["a", "b"],
      rows: [
        ["1", "2"],
        ["3", "4"],
      ],
      lines: [2, 3],
    })
  })
  it("quotes, quoted quotes, delimiters and line ends inside cells; lines are counted through them", () => {
    const { lines, rows } = table('name,note\n"Smith, John","said ""no"""\n"two\nlines",x\nlast,""\n')
    expect(rows).toEqual([
      ["Smith, John", 'said "no"'],
      ["two\nlines", "x"],
      ["last", ""],
    ])
    expect(lines).toEqual([2, 3, 5])
  })
  it("CR alone, as old spreadsheets write it", () => {
    expect(table("x,y\r1,2\r3,4\r")).toEqual(table("x,y\n1,2\n3,4\n"))
    // Beside a line feed it belongs to the cell.
    expect(table("x,y\n1,a\rb\n").rows).toEqual([["1", "a\rb"]])
  })

  it("CRLF, a byte order mark, a last line without an end, blank lines", () => {
    expect(table('\uFEFFa,b\r\n1,"2"\r\n\r\n3,4').rows).toEqual([
      ["1", "2"],
      ["3", "4"],
    ])
    expect(table(new TextEncoder().encode("\uFEFFa\n1\n")).columns).toEqual(["a"])
  })
  it("the delimiter that the first line holds most of, unless one is named", () => {
    expect(table("a;b\n1,5;2\n").rows).toEqual([["1,5", "2"]])
    expect(table("a\tb\n1\t2\n").rows).toEqual([["1", "2"]])
    expect(table('"x;y;z",b\n1,2\n').columns).toEqual(["x;y;z", "b"])
    expect(table("a;b\n1;2\n", { delimiter: "," }).columns).toEqual(["a;b"])
  })
  it("files without a header", () => {
    expect(table("1,2\n", { header: false })).toEqual({ columns: ["c1", "c2"], rows: [["1", "2"]], lines: [1] })
    expect(table("1,2\n", { header: ["x", "y"] }).columns).toEqual(["x", "y"])
  })
  it("names that are dangerous as keys of objects", () => {
    expect(table("__proto__,constructor\n1,2\n").columns).toEqual(["__proto__", "constructor"])
  })
})

describe("what is wrong is named with its place", () => {
  it.each<[string, string | Uint8Array, string]>([
    ["nothing", "", "it is empty; wanted a header and rows of cells"],
    ["blank lines only", "\n\r\n", "it is empty; wanted a header and rows of cells"],
    ["a header only", "a,b\n", "there is a header but no row; wanted rows of cells"],
    ["too many cells", "a,b\n1,2\n1,2,3\n", "line 3: row 2 has 3 cells, wanted 2, one for each column"],
    ["too few cells", 'a,b\n"1\n2",3\n1\n', "line 4: row 2 has 1 cell, wanted 2, one for each column"],
    ["a name twice", "a,b,a\n1,2,3\n", 'line 1: the header has the name "a" twice; wanted a different name for every column'],
    ["no name", "a,,b\n1,2,3\n", "line 1: the header has no name for column 2; wanted a different name for every column"],
    [
      "a quote never closed, named where it was opened",
      'a,b\n1,2\n3,"4\n5,6\n',
      'line 3: column `b`: got a quote opened before "4\\n5,6\\n" and never closed; wanted a closing quote; try: close it, or write a quote inside a quoted cell twice',
    ],
    [
      "text after a closing quote",
      'a,b\n"1"x,2\n',
      'line 2: column `a`: got "x" after a closing quote; wanted a delimiter or the end of the line; try: write a quote inside a quoted cell twice',
    ],
    [
      "a quote inside a cell",
      'a,b\n5" pipe,2\n',
      'line 2: column `a`: got a quote inside the cell "5\\" pipe"; wanted quotes around a whole cell; try: quote the cell and write the quote in it twice, as in "5"" pipe"',
    ],
    ["a binary file", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0), "line 1: this is not UTF-8 text: byte 4 is 0x00"],
    [
      "another encoding",
      Uint8Array.of(0x61, 0x0a, 0xef, 0xbf, 0xbd, 0xe9, 0x0a),
      "line 2: this is not UTF-8 text: byte 5 is 0xE9; try: if it is a text, name its encoding, as in `encoding: latin1`",
    ],
    [
      "UTF-16 without a byte order mark",
      Uint8Array.of(0x61, 0x00, 0x0a, 0x00),
      "line 1: this is not UTF-8 text: byte 1 is 0x00; try: `encoding: utf-16le`, if it is a text",
    ],
  ])("%s", (_, source, message) => expect(refusal(source)).toBe(message))
})

describe("delimiters", () => {
  it("any one character can be named", () => {
    for (const delimiter of ["|", ":", ".", "§", "a"])
      expect(table(`x${delimiter}y\n1${delimiter}"2${delimiter}3"\n`, { delimiter }).rows).toEqual([["1", `2${delimiter}3`]])
    expect(["", "::", '"', "\n", "\r"].map((delimiter) => refusal("a\n1\n", { delimiter }))).toEqual(
      ['""', '"::"', '"\\""', '"\\n"', '"\\r"'].map(
        (got) => `the delimiter: got ${got}, wanted one character, not a quote or a line end`,
      ),
    )
  })
  it("a blank means any number of blanks and tabs; those at the ends of a line are left out", () => {
    const housing = "  0.00632  18.00\t2.310 \n 0.02731   0.00  7.070\n\n  \n"
    const wanted = {
      columns: ["c1", "c2", "c3"],
      rows: [
        ["0.00632", "18.00", "2.310"],
        ["0.02731", "0.00", "7.070"],
      ],
      lines: [1, 2],
    }
    expect(table(housing, { delimiter: " ", header: false })).toEqual(wanted)
    expect(table('a  b\n "x y"   2 \n', { delimiter: " " }).rows).toEqual([["x y", "2"]])
  })
  it("are counted in the whole first record, line ends in its cells included", () => {
    expect(table('"price\n(EUR)";"area, m2"\n1,5;2\n').columns).toEqual(["price\n(EUR)", "area, m2"])
    expect(table("a|b,c|d\n1|2|3\n").columns).toEqual(["a", "b,c", "d"])
  })
  it("a first line `sep=;` says it, and is no row", () => {
    expect(table("sep=;\r\na;b\r\n1,5;2\r\n")).toEqual({ columns: ["a", "b"], rows: [["1,5", "2"]], lines: [3] })
    expect(table("sep=|\na|b\n1|2\n", { delimiter: "|" }).columns).toEqual(["a", "b"])
    expect(refusal("sep=;\n")).toBe("it is empty; wanted a header and rows of cells")
  })
  it("at the ends of lines make no column", () => {
    const wanted = {
      columns: ["a", "b"],
      rows: [
        ["1", "2"],
        ["3", ""],
      ],
    }
    expect(table("a,b,\n1,2,\n3,,\n")).toMatchObject(wanted)
    expect(table("a,b\n1,2,\n3,\n")).toMatchObject(wanted)
    expect(table("1,2,\n3,,\n", { header: ["a", "b"] })).toMatchObject(wanted)
    expect(refusal("a,b,\n1,2,x\n")).toBe("line 1: the header has no name for column 3; wanted a different name for every column")
    expect(refusal("a,b\n1,2,,\n")).toBe("line 2: row 1 has 4 cells, wanted 2, one for each column")
  })
})

describe("a table is bounded by its cells", () => {
  it("and its first record too", () => {
    expect(table("a,b\n1,2\n", { cells: 2 }).rows).toEqual([["1", "2"]])
    expect(refusal(`${"a,".repeat(1000)}b\n1\n`, { cells: 10 })).toBe(
      "the first record is at least 11 cells; the limit is 10 cells",
    )
    expect(refusal("a,b\n1,2\n3,4\n", { cells: 3 })).toBe("the table is at least 4 cells; the limit is 3 cells")
  })
  it("exactly: as many cells as are allowed are read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 2, max: 6 }), (width, rows) => {
        const text = `${Array.from({ length: width }, (_, i) => `c${i}`).join(",")}\n${`${"1,".repeat(width - 1)}1\n`.repeat(rows)}`
        expect(table(text, { cells: width * rows }).rows.length).toBe(rows)
        expect(refusal(text, { cells: width * rows - 1 })).toMatch(/^the table is at least/)
      }),
    )
  })
})

describe("options", () => {
  const bytes = (...codes: ReadonlyArray<number>) => Uint8Array.from(codes)
  const utf16 = (text: string, isLittle: boolean) =>
    Uint8Array.from(
      [...text].flatMap((character) => {
        const code = character.charCodeAt(0)
        return isLittle ? [code & 255, code >> 8] : [code >> 8, code & 255]
      }),
    )

  it("encoding: UTF-16 by its byte order mark, others by name", () => {
    const wanted = { columns: ["name"], rows: [["Müller €"]], lines: [2] }
    expect(table(utf16("\uFEFFname\nMüller €\n", true))).toEqual(wanted)
    expect(table(utf16("\uFEFFname\nMüller €\n", false))).toEqual(wanted)
    expect(table(utf16("name\nMüller €\n", true), { encoding: "utf-16le" })).toEqual(wanted)
    const windows = bytes(...new TextEncoder().encode("name\nM"), 0xfc, ...new TextEncoder().encode("ller "), 0x80, 10)
    for (const encoding of ["latin1", "windows-1252"] as const) expect(table(windows, { encoding })).toEqual(wanted)
    expect(table(bytes(110, 10, 0xa4, 10), { encoding: "iso-8859-15" }).rows).toEqual([["€"]])
    expect(table(bytes(110, 10, 0x83, 0x65, 10), { encoding: "shift_jis" }).rows).toEqual([["テ"]])
    // A text in memory is no bytes of a file, whatever its file was.
    expect(table("name\nMüller €\n", { encoding: "latin1" })).toEqual(wanted)
  })
  it("encoding: bytes that it does not allow are refused", () => {
    expect(refusal(bytes(110, 10, 0xff, 10), { encoding: "shift_jis" })).toBe(
      "line 2: this is not shift_jis text; try: name the encoding that the file was saved in",
    )
    expect(refusal(utf16("\uFEFFa\nb\0\n", true))).toBe(
      "the text data is damaged: line 2 has a NUL character; try: fetch or copy it again",
    )
  })
  it("a record without an end is refused at its line", () => {
    const reader = Csv.reader()
    const pieces = [new TextEncoder().encode("a,b\n1,2\n3,"), new Uint8Array(2 ** 24 + 1).fill(120)]
    expect(pieces.map((piece) => reader.push(piece)).find(Result.isFailure)?.failure.message).toBe(
      "the record that starts on line 3 is at least 16,777,219 bytes; the limit is 16,777,216 bytes",
    )
  })
  it("skip: lines before the header are left out, and counted", () => {
    const text = 'a "wild" title\n\na;b\n1;2\n'
    expect(table(text, { skip: 1 })).toEqual({ columns: ["a", "b"], rows: [["1", "2"]], lines: [4] })
    expect(table("150,4,setosa,versicolor\n5.1,0\n4.9,1\n", { skip: 1, names: ["x", "y"] })).toEqual({
      columns: ["x", "y"],
      rows: [
        ["5.1", "0"],
        ["4.9", "1"],
      ],
      lines: [2, 3],
    })
    expect(refusal("a\n1\n", { skip: 5 })).toBe("there is nothing after the 5 skipped lines; wanted a header and rows of cells")
    expect(refusal("a\n1\n", { skip: -1 })).toBe("the number of skipped lines: got -1, wanted 0, 1, 2, …")
  })
  it("names: for a file without a header, or in place of it", () => {
    expect(table("1,2\n", { names: ["x", "y"] })).toEqual({ columns: ["x", "y"], rows: [["1", "2"]], lines: [1] })
    expect(table("a,a\n1,2\n", { names: ["x", "y"], header: true })).toEqual({
      columns: ["x", "y"],
      rows: [["1", "2"]],
      lines: [2],
    })
    expect(refusal("1,2\n", { names: ["x", "x"] })).toBe(
      'the names: got the name "x" twice, wanted a different name for every column',
    )
    expect(refusal("1,2\n", { names: ["x"] })).toBe("line 1: row 1 has 2 cells, wanted 1, one for each column")
  })
  it("comment: lines that start with the mark are no rows", () => {
    const text = "# it's a \"title\n#\na,b\n1,#2\n# two\n3,4\n#"
    expect(table(text, { comment: "#" })).toEqual({
      columns: ["a", "b"],
      rows: [
        ["1", "#2"],
        ["3", "4"],
      ],
      lines: [4, 6],
    })
    expect(refusal("a\n1\n", { comment: "//" })).toBe(
      'the comment mark: got "//", wanted one character, not a quote, a line end or the delimiter',
    )
  })
  it("blanks: words that count as blanks, in all columns or by name", () => {
    const text = "a,b\n-999,x\n1, none \n-999.0,-999\n"
    const read = (blanks: Csv.Options["blanks"], use: Csv.Use = "text") =>
      table(text, { ...(blanks === undefined ? {} : { blanks }), use: () => use }).rows
    expect(read(["-999", "none"])).toEqual([
      ["", "x"],
      ["1", ""],
      ["-999.0", ""],
    ])
    expect(read({ a: ["-999"] })).toEqual([
      ["", "x"],
      ["1", " none "],
      ["-999.0", "-999"],
    ])
    expect(read({ a: ["1"], "*": ["none"] })).toEqual([
      ["-999", "x"],
      ["", ""],
      ["-999.0", "-999"],
    ])
    // Among numbers, a word that is a number is all its spellings.
    expect(read({ a: ["-999"] }, "number")).toEqual([
      ["", "x"],
      ["1", " none "],
      ["", "-999"],
    ])
  })
  it("use: numbers are stored as numbers, ignored columns not at all", () => {
    const read = ok('x,id,y\n 1.5 ,a,"2"\nNA,b,1e400\n,c,-0\n1_000,d,7 \n', {
      use: (name) => (name === "id" ? "ignore" : "number"),
    })
    const numbers = (index: number) => read.column(index).numbers?.([0, 1, 2, 3])
    expect(numbers(0)).toEqual(Float64Array.of(1.5, Number.NaN, Number.NaN, Number.NaN))
    expect(numbers(2)).toEqual(Float64Array.of(2, Number.NaN, -0, 7))
    expect(Result.getOrThrow(Table.column(read, "x"))).toEqual(["1.5", "NA", "", "1_000"])
    expect(Result.getOrThrow(Table.column(read, "y"))).toEqual(["2", "1e400", "0", "7"])
    expect(() => read.column(1).text(0)).toThrow("column `id` was ignored when the table was read")
  })
  it("decimal and thousands: the marks of all numbers, or of a column's", () => {
    const read = ok('x;y\n1.234,5;1,5\n"2,25";1.5\n', {
      decimal: ",",
      thousands: ".",
      use: (name) => (name === "x" ? "number" : { thousands: "," }),
    })
    expect(read.column(0).numbers?.([0, 1])).toEqual(Float64Array.of(1234.5, 2.25))
    expect(read.column(1).numbers?.([0, 1])).toEqual(Float64Array.of(Number.NaN, 1.5))
    expect([read.column(0).format, read.column(1).format]).toEqual([{ decimal: ",", thousands: "." }, { thousands: "," }])
    expect(table("1,5;2,5\n", { decimal: ",", header: false }).rows).toEqual([["1,5", "2,5"]])
    expect(table("1,5,6;2,5,6\n", { thousands: ",", header: false }).rows).toEqual([["1,5,6", "2,5,6"]])
    // The delimiter ends a number, even if it is the decimal mark.
    expect(
      ok("x,y\n1,5\n", { decimal: ",", use: () => "number" })
        .column(1)
        .numbers?.([0]),
    ).toEqual(Float64Array.of(5))
    expect(
      ok("xey\n1e5\n", { delimiter: "e", use: () => "number" })
        .column(1)
        .numbers?.([0]),
    ).toEqual(Float64Array.of(5))
  })
})

describe("laws", () => {
  const cell = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('"', ",", ";", "\t", "\n", "\r", "a", " ", "|", ".", "\uFEFF", "sep=") }),
  )
  const tables = fc
    .record({ width: fc.integer({ min: 1, max: 5 }), delimiter: fc.constantFrom(",", ";", "\t", "|", " ", ":", ".", "§") })
    .chain(({ delimiter, width }) =>
      fc.record({
        delimiter: fc.constant(delimiter),
        columns: fc.uniqueArray(
          cell.map((name) => name.trim()).filter((name) => name !== ""),
          { minLength: width, maxLength: width },
        ),
        rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }),
      }),
    )

  it("what is printed is read back", () => {
    fc.assert(
      fc.property(tables, ({ columns, delimiter, rows }) => {
        const read = table(Csv.print({ columns, rows }, delimiter), { delimiter })
        expect({ columns: read.columns, rows: read.rows }).toEqual({ columns, rows })
      }),
    )
  })
  it("each row's line is where its text starts", () => {
    fc.assert(
      fc.property(tables, ({ columns, delimiter, rows }) => {
        const text = Csv.print({ columns, rows }, delimiter)
        const { lines } = table(text, { delimiter })
        for (const [i, line] of lines.entries())
          expect(
            text
              .split("\n")
              .slice(line - 1)
              .join("\n"),
          ).toBe(Csv.print({ columns: columns.map((_, at) => `c${at}`), rows: rows.slice(i) }, delimiter).replace(/^.*\n/, ""))
      }),
    )
  })
  it("any bytes and any text give a Result", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => Result.isResult(Csv.parse(bytes))))
    fc.assert(fc.property(cell, (text) => Result.isResult(Csv.parse(text))))
  })
})

describe("tables in memory", () => {
  it("come from records, blank where a record lacks a name", () => {
    expect(cellsOf(Table.fromRecords([{ a: 1, b: null }, { c: "x" }]))).toEqual({
      columns: ["a", "b", "c"],
      rows: [
        ["1", "", ""],
        ["", "", "x"],
      ],
      lines: [1, 2],
    })
  })
  it("give rows and columns", () => {
    const read = ok("Age,Sex\n1,f\n2,m\n")
    expect(cellsOf(Table.take(read, [1, 0, 1]))).toEqual({
      columns: ["Age", "Sex"],
      rows: [
        ["2", "m"],
        ["1", "f"],
        ["2", "m"],
      ],
      lines: [3, 2, 3],
    })
    expect(() => Table.take(read, [2])).toThrow("there is no row 2 in a table of 2 rows")
    expect(() => Table.take(read, [0.5])).toThrow(RangeError)
    expect(Result.getOrThrow(Table.column(read, "Sex"))).toEqual(["f", "m"])
    expect(Result.getOrThrow(Result.flip(Table.column(read, "age"))).message).toBe(
      "there is no column `age`; did you mean `Age`? the columns are `Age`, `Sex`",
    )
  })
  it("hold numbers beside the texts of cells that are none", () => {
    const numbers = TableColumn.ofNumbers(Float64Array.of(1.5, Number.NaN, Number.NaN, -2e30), new Map([[1, "n/a"]]))
    expect(Array.from({ length: numbers.size }, (_, row) => numbers.text(row))).toEqual(["1.5", "n/a", "", "-2e+30"])
    expect(numbers.numbers?.([3, 0, 1])).toEqual(Float64Array.of(-2e30, 1.5, Number.NaN))
    const taken = TableColumn.take(numbers, [3, 3, 1])
    expect([taken.size, taken.text(0), taken.text(2), taken.numbers?.([1, 2])]).toEqual([
      3,
      "-2e+30",
      "n/a",
      Float64Array.of(-2e30, Number.NaN),
    ])
    const mixed = Table.fromColumns([
      ["x", numbers],
      ["y", TableColumn.ofTexts(["a", "b", "c", "d"])],
    ])
    expect(cellsOf(Table.take(mixed, [1, 3]))).toEqual({
      columns: ["x", "y"],
      rows: [
        ["n/a", "b"],
        ["-2e+30", "d"],
      ],
      lines: [2, 4],
    })
    expect(() => mixed.column(2)).toThrow("there is no column 2 in a table of 2 columns")
    expect(() =>
      Table.fromColumns([
        ["x", numbers],
        ["y", TableColumn.ofTexts(["a"])],
      ]),
    ).toThrow("column `y` has 1 cells, and `x` has 4")
  })
})
