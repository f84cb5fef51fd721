/** Colours and weights of text, or nothing where they are not wanted. */
import { styleText } from "node:util"
import { own } from "./Guard.ts"

/** What a stretch of text is, which says how it looks. */
const looks = {
  strong: "bold",
  faint: "dim",
  good: "green",
  bad: "red",
  warn: "yellow",
  accent: "cyan",
} as const

export type Look = keyof typeof looks

export type Style = (look: Look, text: string) => string

/** A style for a terminal with or without colours. `style(false)("good", "done") // => "done"` */
export const style = (colour: boolean): Style =>
  colour
    ? (look, text) =>
        own(styleText(looks[look], text.replaceAll("\u001b", "\u{fffd}").replaceAll("\r", "\u{fffd}"), { validateStream: false }))
    : (_, text) => text
