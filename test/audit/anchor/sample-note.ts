/** A note in the form of ours; nobody signed it. */
const ROOT = Buffer.alloc(32, 1).toString('base64')
const SIGNATURE = Buffer.alloc(68, 2).toString('base64')

export const NOTE = `log.example/1\n12\n${ROOT}\n\n— log.example/1 ${SIGNATURE}\n`
