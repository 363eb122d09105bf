print("evenkeel-lab")
