const longest = 40

/** The start of a long text, for a message. `shortened("a".repeat(50)).length // => 41` */
export const shortened = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)
