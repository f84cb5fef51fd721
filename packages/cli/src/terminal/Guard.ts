/**
 * The one rule about what reaches a terminal or a pipe: no control, format or line-separating character except the ends
 * of our own lines and our own styling. Text from files (names of classes, columns, layers, files and runs) may hold any
 * character, so our own sequences are written as marks that no file can foresee, and the guard around both streams
 * turns the marks into sequences and everything else that is unsafe into U+FFFD.
 */
import { randomUUID } from "node:crypto"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import type { Sink, World } from "./World.ts"

const nonce = randomUUID()
const escapeMark = `\u{fdd0}${nonce}e`
const returnMark = `\u{fdd0}${nonce}r`

/** Text in which every escape sequence and carriage return is ours. What comes from a file must be `printable` before. */
export const own = (text: string): string => text.replaceAll("\u001b", escapeMark).replaceAll("\r", returnMark)

/** The text as it may be written: our own sequences, lines, and nothing else that could drive a terminal. */
export const guarded = (text: string): string =>
  text
    .split("\n")
    .map((line) => printable(line))
    .join("\n")
    .replaceAll(escapeMark, "\u001b")
    .replaceAll(returnMark, "\r")

const guard = (sink: Sink): Sink => ({ ...sink, write: (text) => sink.write(guarded(text)) })

/** A world whose streams are guarded. */
export const guardedWorld = (world: World["Service"]): World["Service"] => ({
  ...world,
  stdout: guard(world.stdout),
  stderr: guard(world.stderr),
})
