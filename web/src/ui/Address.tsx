import { Hostile } from './Hostile'

/** An address, whole on one line. */
export const Address = ({ of }: { of: string }) => <span className="address"><Hostile text={of} /></span>
