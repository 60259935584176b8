export const PROVIDER_OPTIONS: Record<string, Record<string, unknown>> = {}
