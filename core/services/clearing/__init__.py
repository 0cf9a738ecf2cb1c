"""What clears content: terms, proof, house rules, declarations, and decisions about findings."""
