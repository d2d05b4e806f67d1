"""The values of the lecture's scripts that the scripts beside this module need too.

Conventions: each is typed as in the script that its comment names; a test holds both equal.
"""

ONE_RELU_KERNEL = 1.6202813  # 02_one_relu
GOOD_START = (0.98630846, 0.59210145, 0.0, 0.0, 0.52757335, 0.33660662, 0.0)  # 03_two_relus
STUCK_START = (1.2112860076336143, 0.8289394964303682, 0.0, 0.0, 0.8249694085207023, -0.9087077080084475, 0.0)
STUCK_AT = (1.9579618, 0.46560898, 0.34100613, -0.4658857, 1.7770029, -0.7268499, -0.60076195)  # both 04_local_minimum
LOGISTIC_KERNEL = -1.0035313  # 07_logistic_bce
WARM_UP_STARTS = {
    "descent_sgd": {"MSE": (0.19806325, 0.34282184), "BCE": (-1.1119714, -0.16651416)},
    "descent_adam": {"MSE": (1.3018724, 0.63810194), "BCE": (-1.0399626, -0.62198395)},
    "descent_adam_far": {"MSE": (0.71488917, -1.3362132), "BCE": (0.9996041, -0.7355087)},
}
