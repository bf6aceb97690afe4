"""Plan: priorities, staffing, simulation, feasibility of goals."""
