"""Whether it earns money: the control group, what it shows, and what the company achieves."""
