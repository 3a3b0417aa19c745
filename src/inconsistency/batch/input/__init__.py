"""INPUT arguments -> rows: `sources` finds inputs, `files` opens them, `readers` read them, `rows` checks them."""
