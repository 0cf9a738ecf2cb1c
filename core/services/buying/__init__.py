"""From a quote to a grant: approval, order, payment, purchase, reconciliation, history."""
