/** The stretches of time that the charts show: how long, in milliseconds, and in which steps, as the API reads them. */
export const ranges = {
  hour: { label: 'Last hour', span: 3_600_000, bucket: '1m' },
  day: { label: 'Last day', span: 86_400_000, bucket: '30m' },
  week: { label: 'Last week', span: 604_800_000, bucket: '3h' },
} as const

export type Range = keyof typeof ranges
