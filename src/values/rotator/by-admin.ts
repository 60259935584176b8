/**
 * What a driver does by an admin. One that is not let in may have been replaced since it was fetched, and is
 * fetched again, once for each thing that is to be done. That it is refused says nothing of the credential
 * that is rotated: only what is tried itself can be dead.
 */
import type { Admin } from './admin.ts'
import type { Issuer, Trouble } from './driver.ts'

/** @param open the driver, acting by what it is given */
export async function byAdmin(
  admin: Admin,
  open: (admin: Buffer) => Promise<Issuer>,
): Promise<Issuer> {
  let issuer = await open(admin.value)
  /** One method of the driver, if it has it, with whoever acts now. */
  const acting = <A extends readonly unknown[], T extends { kind: string }>(
    methodOf: (of: Issuer) => ((...args: A) => Promise<T | Trouble>) | undefined,
  ): ((...args: A) => Promise<T | Trouble>) | undefined => {
    const first = methodOf(issuer)
    if (first === undefined) return undefined
    return async (...args) => {
      const said = await (methodOf(issuer) ?? first)(...args)
      if (!isNotLetIn(said)) return said
      const value = await admin.again()
      if (value === undefined) return notLetIn
      await issuer.close()
      issuer = await open(value)
      const then = await (methodOf(issuer) ?? first)(...args)
      return isNotLetIn(then) ? notLetIn : then
    }
  }
  const { blind } = issuer
  const users = issuer.users?.bind(issuer)
  const choose = acting((of) => of.choose?.bind(of))
  const set = acting((of) => of.set?.bind(of))
  const create = acting((of) => of.create?.bind(of))
  const survey = acting((of) => of.survey?.bind(of))
  const marked = acting((of) => of.marked?.bind(of))
  const end = acting((of) => of.end?.bind(of))
  return {
    ...(users && { users }),
    ...(choose && { choose }),
    ...(set && { set }),
    ...(create && { create }),
    ...(survey && { survey }),
    ...(marked && { marked }),
    ...(blind && { blind }),
    try: (credential) => issuer.try(credential),
    ...(end && { end }),
    close: () => issuer.close(),
  }
}

function isNotLetIn(said: { kind: string; reason?: unknown }): boolean {
  return said.kind === 'refused' && said.reason === 'login-denied'
}

const notLetIn: Trouble = { kind: 'refused', code: 'PROVIDER_DENIED', reason: 'login-denied' }
