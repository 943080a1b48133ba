"""What is minimised: landscapes, recurrent nets and finite sums, each one function and one catalogue entry."""
