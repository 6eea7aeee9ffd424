"""What we learn afterwards: data, sweeps, statistics and reports. Decides nothing for the desk."""
