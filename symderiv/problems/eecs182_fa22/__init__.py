"""A deep-learning midterm of fall 2022 (UC Berkeley, EECS 182): its problems, restated and computed."""
