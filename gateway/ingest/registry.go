package ingest

// RegistryChanged asks Known again of every device: it is asked once for each otherwise.
func (in *Ingest) RegistryChanged() { in.ledger.reconsider() }
